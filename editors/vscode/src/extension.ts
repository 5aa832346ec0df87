// Where the extension starts in desktop and remote editors.

import * as vscode from "vscode";

import { FALCO_RULES } from "./detect";
import { detectByContent } from "./detection";
import { missing } from "./messages";
import { Server } from "./server";
import { RESTART_SETTINGS } from "./settings";
import { Status } from "./status";
import { versionOf } from "./version";

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const status = new Status();
  const current = new Server(context, status);
  server = current;

  // The server starts with the first rules file, not with the first YAML file.
  const wake = (document: vscode.TextDocument): void => {
    if (document.languageId === FALCO_RULES) begin();
  };
  let begun = false;
  const begin = (): void => {
    if (begun) return;
    begun = true;
    void current.start();
  };

  context.subscriptions.push(
    status,
    current,
    vscode.workspace.onDidOpenTextDocument(wake),
    detectByContent(),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (begun && RESTART_SETTINGS.some((setting) => change.affectsConfiguration(setting))) void current.restart();
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => {
      // Settings of the workspace that were held back may name another program.
      if (begun) void current.restart();
    }),
    vscode.commands.registerCommand("falco-rs.restartServer", () => {
      begun = true;
      return current.restart();
    }),
    vscode.commands.registerCommand("falco-rs.showOutput", () => current.showOutput()),
    vscode.commands.registerCommand("falco-rs.showVersion", () => showVersion(context, current)),
  );
  for (const document of vscode.workspace.textDocuments) wake(document);
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}

async function showVersion(context: vscode.ExtensionContext, server: Server): Promise<void> {
  const { version } = context.extension.packageJSON as { version: string };
  const location = server.locate();
  let text: string;
  if (location.kind === "missing") {
    text = missing(location);
  } else {
    const found = { setting: "from the settings", bundled: "bundled", path: "on PATH", cargo: "in Cargo's folder" };
    const program = await versionOf(location.path).catch((error: unknown) => `falco-rs (no version: ${String(error)})`);
    text = `${program}, ${found[location.origin]}: ${location.path}`;
  }
  const message = `Extension ${version}; ${text}`;
  const copy = await vscode.window.showInformationMessage(message, "Copy");
  if (copy !== undefined) await vscode.env.clipboard.writeText(message);
}
