// The commands that run rules: on a recording, on the live kernel, and for an explanation. The server does it, with the texts
// as they stand in the editors.

import { dirname, resolve } from "node:path";

import * as vscode from "vscode";

import { textOf } from "../json";
import { itemsOf, type Item } from "../rules/items";
import { runSettings, SECTION } from "../settings";
import type { AlertsView, RunInfo } from "./alerts";
import { askWithProgress, type Asks } from "./ask";
import { pickCapture } from "./captures";
import type { RunDecorations } from "./decorations";
import type { Documents } from "./documents";
import { runResultOf } from "./results";

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
    private readonly server: Asks,
    private readonly memento: vscode.Memento,
    private readonly alerts: AlertsView,
    private readonly decorations: RunDecorations,
    private readonly documents: Documents,
  ) {
    this.registrations = vscode.Disposable.from(
      decorations.onDidOutdate(() => alerts.outdate()),
      onCommand("falco-rs.runOnCapture", (argument) => this.onCapture(argument)),
      onCommand("falco-rs.explainRule", (argument) => this.explain(argument)),
      onCommand("falco-rs.explainAlert", (argument) => this.explainAlert(argument as Judged)),
      onCommand("falco-rs.tryLive", (argument) => this.live(argument)),
      onCommand("falco-rs.forgetRun", () => {
        this.decorations.show(undefined);
        this.alerts.clear();
        return Promise.resolve();
      }),
    );
  }

  dispose(): void {
    this.registrations.dispose();
  }

  /** Runs the rule, or the whole file's rules where the cursor is in none, on a recording. */
  private async onCapture(argument: unknown): Promise<void> {
    const target = targetOf(argument);
    const uri = target === undefined ? activeRules() : vscode.Uri.parse(target.uri);
    if (uri === undefined) throw new Error("open a rules file first");
    const capture = await this.captureFor(uri, target?.capture);
    if (capture === undefined) return;
    await this.run(uri, target?.rule, vscode.workspace.asRelativePath(capture), { capture });
  }

  /** The path of the recording that is named, else of one that the user chooses. */
  private async captureFor(uri: vscode.Uri, named: string | undefined): Promise<string | undefined> {
    if (named === undefined) return pickCapture(this.memento);
    return resolve(vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath ?? dirname(uri.fsPath), named);
  }

  private async live(argument: unknown): Promise<void> {
    const target = targetOf(argument);
    if (target === undefined) throw new Error("put the cursor into a rule first");
    const { liveSeconds: seconds } = runSettings((key) => vscode.workspace.getConfiguration(SECTION).get(key));
    await this.run(vscode.Uri.parse(target.uri), target.rule, `the live kernel, ${seconds} s`, { live: true, seconds });
  }

  private async run(uri: vscode.Uri, rule: string | undefined, title: string, input: object): Promise<void> {
    this.decorations.show(undefined);
    this.alerts.begin(title);
    await this.alerts.focus();
    let answer: unknown;
    try {
      const what = rule === undefined ? "rules" : `“${rule}”`;
      const params = { uri: uri.toString(), rule, ...input };
      answer = await askWithProgress(this.server, `Running ${what} on ${title}`, "falco-rs/run", params);
    } catch (error) {
      this.alerts.fail(error instanceof Error ? error.message : String(error));
      throw error;
    }
    if (answer === undefined) {
      this.alerts.fail("Stopped.");
      return;
    }
    const info: RunInfo = { title, rules: uri, result: runResultOf(answer) };
    this.alerts.show(info);
    this.decorations.show(info);
  }

  /** The events of a recording that matched a rule or came nearest to it. */
  private async explain(argument: unknown): Promise<void> {
    const target = targetOf(argument);
    if (target === undefined) throw new Error("put the cursor into a rule first");
    const capture = await this.captureFor(vscode.Uri.parse(target.uri), target.capture);
    if (capture === undefined) return;
    await this.showExplanation({ uri: target.uri, rule: target.rule, capture });
  }

  private async explainAlert({ rule, event }: Judged): Promise<void> {
    const { origin } = this.alerts;
    if (origin === undefined) return;
    await this.showExplanation({ uri: origin.rules.toString(), rule, capture: origin.result.capture, event });
  }

  private async showExplanation(params: { readonly rule: string; readonly [key: string]: unknown }): Promise<void> {
    const answer = await askWithProgress(this.server, `Explaining “${params.rule}”`, "falco-rs/explain", params);
    if (answer !== undefined) await this.documents.show(`${params.rule}.explanation`, textOf(answer, "text"));
  }
}

/** An event that a rule was judged on. */
interface Judged {
  readonly rule: string;
  readonly event: number;
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
  return itemOf(argument, ["rule"]);
}

/** The item of these kinds that a command is about. */
export function itemOf(argument: unknown, kinds: readonly Item["kind"][]): Target | undefined {
  if (typeof argument === "object" && argument !== null) {
    const { uri, rule, item, capture } = argument as { uri?: unknown; rule?: unknown; item?: Item; capture?: unknown };
    if (typeof uri === "string" && typeof rule === "string") {
      return { uri, rule, capture: typeof capture === "string" ? capture : undefined };
    }
    if (typeof uri === "string" && item !== undefined && kinds.includes(item.kind)) return { uri, rule: item.name };
  }
  const editor = vscode.window.activeTextEditor;
  const uri = activeRules();
  if (editor === undefined || uri === undefined) return undefined;
  const { line } = editor.selection.active;
  const item = itemsOf(editor.document.getText()).find(
    ({ kind, whole }) => kinds.includes(kind) && whole.start.line <= line && line <= whole.end.line,
  );
  return item === undefined ? undefined : { uri: uri.toString(), rule: item.name };
}

/** The rules file that is being edited. */
function activeRules(): vscode.Uri | undefined {
  const document = vscode.window.activeTextEditor?.document;
  return document?.languageId === "falco-rules" && document.uri.scheme === "file" ? document.uri : undefined;
}
