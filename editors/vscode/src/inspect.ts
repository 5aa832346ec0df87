// Commands that show what the server makes of a text, and those that make something of an alert in the clipboard.

import * as vscode from "vscode";

import { statusText } from "./custom";
import { FALCO_RULES } from "./detect";
import type { AlertsView } from "./run/alerts";
import { itemOf, onCommand } from "./run/commands";
import type { Documents } from "./run/documents";
import type { Alert } from "./run/results";
import type { Server } from "./server";

/** Commands of the server that take an alert, ours that bring it from the clipboard, and ours that take one from the view. */
const FROM_ALERT: readonly (readonly [string, string, string])[] = [
  ["falco-rs.exceptionFromAlert", "falco-rs.pasteException", "falco-rs.alertToException"],
  ["falco-rs.testFromAlert", "falco-rs.pasteTest", "falco-rs.alertToTest"],
];

export function registerInspection(server: Server, documents: Documents, alerts: AlertsView): vscode.Disposable {
  return vscode.Disposable.from(
    onCommand("falco-rs.expandRule", async (argument) => {
      const target = itemOf(argument, ["rule", "macro"]);
      if (target === undefined) throw new Error("put the cursor into a rule or a macro first");
      const answer = await server.ask("falco-rs/expand", { uri: target.uri, rule: target.rule });
      const condition = (answer as { condition?: unknown } | null)?.condition;
      if (typeof condition !== "string") throw new Error(`“${target.rule}” does not load, so there is nothing to open`);
      await documents.show(`${target.rule}.condition`, `${condition}\n`);
    }),
    onCommand("falco-rs.showSyntaxTree", async () => {
      const document = vscode.window.activeTextEditor?.document;
      if (document?.languageId !== FALCO_RULES) throw new Error("no rules file is being edited");
      const tree = await server.ask("falco-rs/syntaxTree", { uri: document.uri.toString() });
      if (typeof tree !== "string") throw new Error("the server has no tree of this file");
      await documents.show(`${document.uri.path.split("/").at(-1) ?? "rules"}.tree`, tree);
    }),
    onCommand("falco-rs.showStatus", async () => {
      await documents.show("falco-rs.status", statusText(await server.ask("falco-rs/status", undefined)));
    }),
    ...FROM_ALERT.flatMap(([command, paste, make]) => [
      onCommand(paste, async () => {
        const document = vscode.window.activeTextEditor?.document;
        if (document?.languageId !== FALCO_RULES) throw new Error("no rules file is being edited");
        const alert = await vscode.env.clipboard.readText();
        if (!alert.trimStart().startsWith("{")) throw new Error("the clipboard holds no alert; copy one in JSON first");
        await change(command, document.uri, alert);
      }),
      onCommand(make, async (argument) => {
        const { json } = argument as Partial<Alert>;
        if (json !== undefined && alerts.origin !== undefined) await change(command, alerts.origin.rules, json);
      }),
    ]),
    onCommand("falco-rs.copyAlert", async (argument) => {
      const { json } = argument as Partial<Alert>;
      if (json !== undefined) await vscode.env.clipboard.writeText(json);
    }),
  );
}

/** Has the server make something of an alert. */
async function change(command: string, uri: vscode.Uri, alert: string): Promise<void> {
  if (!(await vscode.commands.getCommands(true)).includes(command)) {
    throw new Error("the language server does not run, or is too old for this");
  }
  await vscode.commands.executeCommand(command, { uri: uri.toString(), alert });
}
