// The language status item: what `{}` in the status bar says beside the language of a rules file.

import * as vscode from "vscode";

import { describe, type ServerStatus } from "./custom";
import { FALCO_RULES } from "./detect";
import type { RuleIndex } from "./rules/index";

export type State =
  | { readonly kind: "starting" }
  | { readonly kind: "running"; readonly version: string | undefined }
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly why: string };

export class Status implements vscode.Disposable {
  private readonly item = vscode.languages.createLanguageStatusItem("falco-rs.status", { language: FALCO_RULES });

  private state: State = { kind: "stopped" };
  private serverStatus: ServerStatus | undefined;
  private readonly subscription: vscode.Disposable;

  constructor(private readonly index: RuleIndex) {
    this.item.name = "falco-rs";
    this.subscription = index.onDidChange(() => this.show(this.state));
    this.show(this.state);
  }

  show(state: State): void {
    const { item } = this;
    this.state = state;
    item.busy = state.kind === "starting";
    item.detail = "";
    item.severity = vscode.LanguageStatusSeverity.Information;
    item.command = { command: "falco-rs.showOutput", title: "Show Output" };
    switch (state.kind) {
      case "starting":
        item.text = "falco-rs: starting";
        return;
      case "running":
        item.text = state.version === undefined ? "falco-rs" : `falco-rs ${state.version}`;
        item.detail = this.loaded();
        return;
      case "stopped":
        item.text = "falco-rs: not running";
        item.command = { command: "falco-rs.restartServer", title: "Start" };
        return;
      case "failed":
        item.text = "falco-rs: not available";
        item.detail = state.why;
        item.severity = vscode.LanguageStatusSeverity.Error;
        item.command = { command: "falco-rs.restartServer", title: "Try Again" };
    }
  }

  /** What the server says that it works on; without that, what the workspace holds is told. */
  report(report: ServerStatus | undefined): void {
    this.serverStatus = report;
    this.show(this.state);
  }

  /** What is loaded, in words. */
  private loaded(): string {
    if (this.serverStatus !== undefined) return describe(this.serverStatus);
    const rules = this.index.all().filter(({ item }) => item.kind === "rule" && !item.changes).length;
    const files = this.index.size;
    return `${rules} ${rules === 1 ? "rule" : "rules"} in ${files} ${files === 1 ? "file" : "files"}`;
  }

  dispose(): void {
    this.subscription.dispose();
    this.item.dispose();
  }
}
