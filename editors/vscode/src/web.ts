// Where the extension starts in editors that run in the browser alone: no process can be started there. What needs
// none works: the tree of rules, and the list of tests is left to editors that can run them.

import * as vscode from "vscode";

import { FALCO_RULES } from "./detect";
import { detectByContent } from "./detection";
import { WEB } from "./messages";
import { RuleIndex } from "./rules/index";
import { RulesTree } from "./rules/tree";

const TOLD = "falco-rs.toldAboutTheBrowser";

/** Commands that need the program. */
const NEED_PROGRAM = [
  "falco-rs.restartServer",
  "falco-rs.showOutput",
  "falco-rs.showVersion",
  "falco-rs.runOnCapture",
  "falco-rs.explainRule",
  "falco-rs.runRuleTests",
  "falco-rs.tryLive",
  "falco-rs.coverRule",
  "falco-rs.expandRule",
  "falco-rs.showSyntaxTree",
  "falco-rs.pasteException",
  "falco-rs.pasteTest",
  "falco-rs.showStatus",
  "falco-rs.forgetRun",
  "falco-rs.alertToException",
  "falco-rs.alertToTest",
  "falco-rs.copyAlert",
];

export function activate(context: vscode.ExtensionContext): void {
  const tell = (): Thenable<unknown> => vscode.window.showInformationMessage(WEB);
  // Once is enough; whoever asks by a command is told again.
  const wake = (document: vscode.TextDocument): void => {
    if (document.languageId !== FALCO_RULES || context.globalState.get(TOLD, false)) return;
    void context.globalState.update(TOLD, true);
    void tell();
  };
  const index = new RuleIndex();
  context.subscriptions.push(
    index,
    new RulesTree(index, context.workspaceState),
    vscode.workspace.onDidOpenTextDocument(wake),
    detectByContent(),
    ...NEED_PROGRAM.map((command) => vscode.commands.registerCommand(command, tell)),
  );
  for (const document of vscode.workspace.textDocuments) wake(document);
}
