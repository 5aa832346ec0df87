// The language status item: what `{}` in the status bar says beside the language of a rules file.

import * as vscode from "vscode";

import { FALCO_RULES } from "./detect";

export type State =
  | { readonly kind: "starting" }
  | { readonly kind: "running"; readonly version: string | undefined }
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly why: string };

export class Status implements vscode.Disposable {
  private readonly item = vscode.languages.createLanguageStatusItem("falco-rs.status", { language: FALCO_RULES });

  constructor() {
    this.item.name = "falco-rs";
    this.show({ kind: "stopped" });
  }

  show(state: State): void {
    const { item } = this;
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

  dispose(): void {
    this.item.dispose();
  }
}
