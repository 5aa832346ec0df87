// Commands that show what the server makes of a text, and those that make something of an alert in the clipboard.

import * as vscode from "vscode";

import { FALCO_RULES } from "./detect";
import { onCommand, targetOf } from "./run/commands";
import type { Documents } from "./run/documents";
import type { Server } from "./server";

/** Commands of the server that take an alert, and ours that bring it from the clipboard. */
const PASTED: readonly (readonly [string, string])[] = [
  ["falco-rs.exceptionFromAlert", "falco-rs.pasteException"],
  ["falco-rs.testFromAlert", "falco-rs.pasteTest"],
];

export function registerInspection(server: Server, documents: Documents): vscode.Disposable {
  return vscode.Disposable.from(
    onCommand("falco-rs.expandRule", async (argument) => {
      const target = targetOf(argument);
      if (target === undefined) throw new Error("the cursor is in no rule");
      const answer = await server.ask("falco-rs/expand", { uri: target.uri, rule: target.rule });
      const condition = (answer as { condition?: unknown } | null)?.condition;
      if (typeof condition !== "string") throw new Error(`the rule “${target.rule}” does not load, so there is nothing to open`);
      await documents.show(`${target.rule}.condition`, `${condition}\n`);
    }),
    onCommand("falco-rs.showSyntaxTree", async () => {
      const document = vscode.window.activeTextEditor?.document;
      if (document?.languageId !== FALCO_RULES) throw new Error("no rules file is being edited");
      const tree = await server.ask("falco-rs/syntaxTree", { uri: document.uri.toString() });
      if (typeof tree !== "string") throw new Error("the server has no tree of this file");
      await documents.show(`${document.uri.path.split("/").at(-1) ?? "rules"}.tree`, tree);
    }),
    ...PASTED.map(([command, ours]) =>
      onCommand(ours, async () => {
        const document = vscode.window.activeTextEditor?.document;
        if (document?.languageId !== FALCO_RULES) throw new Error("no rules file is being edited");
        if (!(await vscode.commands.getCommands(true)).includes(command)) {
          throw new Error("the language server does not run, or is too old for this");
        }
        const alert = await vscode.env.clipboard.readText();
        if (!alert.trimStart().startsWith("{")) throw new Error("the clipboard holds no alert; copy one in JSON first");
        await vscode.commands.executeCommand(command, { uri: document.uri.toString(), alert });
      }),
    ),
  );
}
