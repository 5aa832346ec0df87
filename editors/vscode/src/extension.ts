// Where the extension starts in desktop and remote editors.

import * as vscode from "vscode";

import { Cli } from "./cli";
import { statusOf } from "./custom";
import { FALCO_RULES } from "./detect";
import { detectByContent } from "./detection";
import { registerInspection } from "./inspect";
import { RuleLenses } from "./lenses";
import { missing } from "./messages";
import { RuleIndex } from "./rules/index";
import { RulesTree } from "./rules/tree";
import { AlertsView } from "./run/alerts";
import { onCommand, RunCommands, targetOf } from "./run/commands";
import { RunDecorations } from "./run/decorations";
import { Documents } from "./run/documents";
import { Server } from "./server";
import { RESTART_SETTINGS } from "./settings";
import { Status } from "./status";
import { registerTasks } from "./tasks";
import { RuleTests } from "./tests/controller";
import { versionOf } from "./version";

const STATUS = "falco-rs/status";

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const output = vscode.window.createOutputChannel("Falco rules");
  const cli = new Cli(context.extensionPath);
  const index = new RuleIndex();
  const status = new Status(index);
  const current = new Server(context, cli, output, status);
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
    void index.ready();
  };

  const documents = new Documents();
  const alerts = new AlertsView();
  const decorations = new RunDecorations();
  const tests = new RuleTests(current, (title, text) => documents.show(title, text));
  context.subscriptions.push(
    output,
    status,
    current,
    index,
    documents,
    alerts,
    decorations,
    tests,
    new RulesTree(index, context.workspaceState),
    new RunCommands(current, context.workspaceState, alerts, decorations, documents),
    new RuleLenses(() => current.capabilities?.codeLensProvider !== undefined, current.onDidStart),
    registerTasks(cli),
    ...followStatus(current, status, index),
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
    vscode.commands.registerCommand("falco-rs.showVersion", () => showVersion(context, cli)),
    registerInspection(current, documents, alerts),
    ...(["run", "cover"] as const).map((how) =>
      onCommand(how === "run" ? "falco-rs.runRuleTests" : "falco-rs.coverRule", async (argument) => {
        const target = targetOf(argument);
        if (target === undefined) throw new Error("put the cursor into a rule first");
        await tests.runForRule(target, how);
      }),
    ),
  );
  for (const document of vscode.workspace.textDocuments) wake(document);
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}

/** Keeps what the status item says of the server's work up to date. */
function followStatus(server: Server, status: Status, index: RuleIndex): vscode.Disposable[] {
  const ask = (): void => {
    if (!server.offers(STATUS)) return;
    server.ask(STATUS, undefined).then(
      (answer) => status.report(statusOf(answer)),
      // A server that is about to end answers no more; the next one is asked again.
      () => status.report(undefined),
    );
  };
  return [server.onDidStart(ask), index.onDidChange(ask)];
}

async function showVersion(context: vscode.ExtensionContext, cli: Cli): Promise<void> {
  const { version } = context.extension.packageJSON as { version: string };
  const location = cli.locate();
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
