// Where the extension starts in editors that run in the browser alone: no process can be started there.

import * as vscode from "vscode";

import { FALCO_RULES } from "./detect";
import { detectByContent } from "./detection";
import { WEB } from "./messages";

const TOLD = "falco-rs.toldAboutTheBrowser";

export function activate(context: vscode.ExtensionContext): void {
  const tell = (): Thenable<unknown> => vscode.window.showInformationMessage(WEB);
  // Once is enough; whoever asks by a command is told again.
  const wake = (document: vscode.TextDocument): void => {
    if (document.languageId !== FALCO_RULES || context.globalState.get(TOLD, false)) return;
    void context.globalState.update(TOLD, true);
    void tell();
  };
  context.subscriptions.push(
    vscode.workspace.onDidOpenTextDocument(wake),
    detectByContent(),
    ...["falco-rs.restartServer", "falco-rs.showOutput", "falco-rs.showVersion"].map((command) =>
      vscode.commands.registerCommand(command, tell),
    ),
  );
  for (const document of vscode.workspace.textDocuments) wake(document);
}
