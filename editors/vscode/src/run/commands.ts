// The commands that run rules: on a recording, on the live kernel, and for an explanation.

import { dirname, resolve } from "node:path";

import * as vscode from "vscode";

import { lastWords, rulesFor, signalOf, type Cli } from "../cli";
import { itemsOf, type Item } from "../rules/items";
import { runSettings, SECTION } from "../settings";
import { alertOf, type Alert } from "./alert";
import type { AlertsView } from "./alerts";
import { pickCapture } from "./captures";
import type { Documents } from "./documents";

/** How long "try live" watches. */
const LIVE_SECONDS = 10;

/** What a code lens or a menu says of its rule. Without it, the rule under the cursor is meant. */
export interface Target {
  readonly uri: string;
  readonly rule: string;
  /** The recording to run on, where that is settled already: a path, relative to the workspace folder. */
  readonly capture?: string | undefined;
}

export class RunCommands implements vscode.Disposable {
  private readonly registrations: vscode.Disposable;

  constructor(
    private readonly cli: Cli,
    private readonly memento: vscode.Memento,
    private readonly alerts: AlertsView,
    private readonly documents: Documents,
  ) {
    this.registrations = vscode.Disposable.from(
      onCommand("falco-rs.runOnCapture", (argument) => this.onCapture(argument)),
      onCommand("falco-rs.explainRule", (argument) => this.explain(argument)),
      onCommand("falco-rs.explainAlert", (argument) => this.explainAlert(argument as Alert)),
      onCommand("falco-rs.tryLive", (argument) => this.live(argument)),
    );
  }

  dispose(): void {
    this.registrations.dispose();
  }

  /** Runs the rule, or the whole file's rules where the cursor is in none, on a recording. */
  private async onCapture(argument: unknown): Promise<void> {
    const target = targetOf(argument);
    const uri = target === undefined ? activeRules() : vscode.Uri.parse(target.uri);
    if (uri === undefined) return;
    const capture = await this.captureFor(uri, target?.capture);
    if (capture === undefined) return;
    const name = vscode.workspace.asRelativePath(capture);
    await this.run(uri, target?.rule, ["--capture", capture], name, capture);
  }

  /** The path of the recording that is named, else of one that the user chooses. */
  private async captureFor(uri: vscode.Uri, named: string | undefined): Promise<string | undefined> {
    if (named === undefined) return pickCapture(this.memento);
    return resolve(vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath ?? dirname(uri.fsPath), named);
  }

  private async live(argument: unknown): Promise<void> {
    const target = targetOf(argument);
    if (target === undefined) return;
    await this.run(vscode.Uri.parse(target.uri), target.rule, ["--live", "--duration", `${LIVE_SECONDS}s`], `live, ${LIVE_SECONDS} s`, undefined);
  }

  private async run(
    uri: vscode.Uri,
    rule: string | undefined,
    input: readonly string[],
    title: string,
    capture: string | undefined,
  ): Promise<void> {
    const what = rule === undefined ? "rules" : `“${rule}”`;
    this.alerts.begin({ title, capture, rules: uri });
    await this.alerts.focus();
    const load = rulesFor(uri);
    const most = runSettings((key) => vscode.workspace.getConfiguration(SECTION).get(key)).maxAlerts;
    // The event's number leads from an alert to its explanation.
    const number = JSON.stringify({ match: {}, extra_fields: ["evt.num"] });
    const args = [
      ...["run", "--json", "--json-include-message-property", "true", "--color", "never", "--append-output", number],
      ...load.args,
      ...(rule === undefined ? [] : ["--rule", rule]),
      ...input,
    ];
    let count = 0;
    const finished = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: `Running ${what} on ${title}`, cancellable: true },
      (progress, token) =>
        this.cli.run(args, {
          cwd: load.cwd,
          signal: signalOf(token),
          onLine: (line) => {
            const alert = alertOf(line);
            if (alert === undefined) return true;
            count += 1;
            this.alerts.add(alert);
            progress.report({ message: `${count} alerts` });
            return count < most;
          },
        }),
    );
    const alerts = count === 1 ? "1 alert" : `${count} alerts`;
    if (finished.stopped) this.alerts.finish(`Stopped after ${alerts}.`);
    else if (finished.code !== 0 && count === 0) {
      this.alerts.finish(lastWords(finished));
      throw new Error(lastWords(finished));
    } else this.alerts.finish(`${alerts} of ${what} on ${title}.`);
  }

  /** The events of a recording that matched a rule or came nearest to it. */
  private async explain(argument: unknown): Promise<void> {
    const target = targetOf(argument);
    if (target === undefined) {
      void vscode.window.showInformationMessage("Put the cursor into a rule first.");
      return;
    }
    const capture = await this.captureFor(vscode.Uri.parse(target.uri), target.capture);
    if (capture === undefined) return;
    await this.showExplanation(vscode.Uri.parse(target.uri), target.rule, ["--capture", capture]);
  }

  private async explainAlert(alert: Alert): Promise<void> {
    const { origin } = this.alerts;
    if (origin?.capture === undefined || alert.event === undefined) {
      // Nothing can be replayed; the alert itself is what there is.
      await this.documents.show(`${alert.rule}.alert.json`, `${JSON.stringify(JSON.parse(alert.json), undefined, 2)}\n`);
      return;
    }
    const event = ["--capture", origin.capture, "--event", String(alert.event)];
    await this.showExplanation(origin.rules, alert.rule, event);
  }

  private async showExplanation(uri: vscode.Uri, rule: string, what: readonly string[]): Promise<void> {
    const load = rulesFor(uri);
    const finished = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: `Explaining “${rule}”`, cancellable: true },
      (_, token) =>
        this.cli.run(["explain", "--color", "never", ...load.args, "--rule", rule, ...what], {
          cwd: load.cwd,
          signal: signalOf(token),
        }),
    );
    if (finished.stopped) return;
    if (finished.code !== 0) throw new Error(lastWords(finished));
    await this.documents.show(`${rule}.explanation`, finished.stdout);
  }
}

/** Registers a command whose errors are shown. */
export function onCommand(command: string, action: (argument?: unknown) => Promise<void>): vscode.Disposable {
  return vscode.commands.registerCommand(command, async (argument?: unknown) => {
    try {
      await action(argument);
    } catch (error) {
      void vscode.window.showErrorMessage(`Falco rules: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
}

/** The rule that a command is about: the one that a lens or a tree's row names, else the one under the cursor. */
export function targetOf(argument: unknown): Target | undefined {
  if (typeof argument === "object" && argument !== null) {
    const { uri, rule, item, capture } = argument as { uri?: unknown; rule?: unknown; item?: Item; capture?: unknown };
    if (typeof uri === "string" && typeof rule === "string") {
      return { uri, rule, capture: typeof capture === "string" ? capture : undefined };
    }
    if (typeof uri === "string" && item?.kind === "rule") return { uri, rule: item.name };
  }
  const editor = vscode.window.activeTextEditor;
  const uri = activeRules();
  if (editor === undefined || uri === undefined) return undefined;
  const { line } = editor.selection.active;
  const item = itemsOf(editor.document.getText()).find(
    ({ kind, whole }) => kind === "rule" && whole.start.line <= line && line <= whole.end.line,
  );
  return item === undefined ? undefined : { uri: uri.toString(), rule: item.name };
}

/** The rules file that is being edited. */
function activeRules(): vscode.Uri | undefined {
  const document = vscode.window.activeTextEditor?.document;
  return document?.languageId === "falco-rules" && document.uri.scheme === "file" ? document.uri : undefined;
}
