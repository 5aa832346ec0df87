// Commands that show what the server makes of a text: a rule with its macros opened, and the syntax tree.

import * as vscode from "vscode";

import { FALCO_RULES } from "./detect";
import { onCommand, targetOf } from "./run/commands";
import type { Documents } from "./run/documents";
import type { Server } from "./server";

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
  );
}
