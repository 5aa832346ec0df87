// The view "Alerts": what the last run on a recording raised, by rule; a click explains an alert.

import * as vscode from "vscode";

import type { Alert } from "./alert";

/** The run that the alerts came from. */
export interface RunInfo {
  /** What was run on, as people see it. */
  readonly title: string;
  /** The recording, for explanations; a live run has none. */
  readonly capture: string | undefined;
  /** A file of the rules that were loaded. */
  readonly rules: vscode.Uri;
}

interface RuleNode {
  readonly rule: string;
  readonly alerts: Alert[];
}

type Node = RuleNode | Alert;

const URGENT = new Set(["emergency", "alert", "critical", "error"]);

export class AlertsView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  private readonly view: vscode.TreeView<Node>;
  private rules = new Map<string, RuleNode>();
  private info: RunInfo | undefined;
  private timer: NodeJS.Timeout | undefined;
  readonly onDidChangeTreeData = this.changed.event;

  constructor() {
    this.view = vscode.window.createTreeView<Node>("falco-rs.alerts", { treeDataProvider: this, showCollapseAll: true });
  }

  /** Forgets the last run. */
  begin(info: RunInfo): void {
    this.info = info;
    this.rules = new Map();
    this.view.message = "";
    this.view.description = info.title;
    this.changed.fire(undefined);
  }

  add(alert: Alert): void {
    const node = this.rules.get(alert.rule);
    if (node === undefined) this.rules.set(alert.rule, { rule: alert.rule, alerts: [alert] });
    else node.alerts.push(alert);
    // Alerts come by the thousand; the view follows a few times a second.
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.changed.fire(undefined);
    }, 200);
  }

  /** The run is over. */
  finish(message: string): void {
    this.view.message = message;
    this.changed.fire(undefined);
  }

  /** Where an alert came from. */
  get origin(): RunInfo | undefined {
    return this.info;
  }

  focus(): Thenable<unknown> {
    return vscode.commands.executeCommand("falco-rs.alerts.focus");
  }

  getChildren(node?: Node): Node[] {
    if (node === undefined) return [...this.rules.values()].sort((a, b) => b.alerts.length - a.alerts.length);
    return "alerts" in node ? node.alerts : [];
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if ("alerts" in node) {
      const item = new vscode.TreeItem(node.rule, vscode.TreeItemCollapsibleState.Expanded);
      item.description = String(node.alerts.length);
      item.iconPath = new vscode.ThemeIcon("shield");
      return item;
    }
    const item = new vscode.TreeItem(node.output === "" ? node.rule : node.output);
    item.description = node.time;
    item.iconPath = new vscode.ThemeIcon(URGENT.has(node.priority.toLowerCase()) ? "error" : "warning");
    item.tooltip = tooltip(node);
    item.contextValue = "alert";
    item.command = { command: "falco-rs.explainAlert", title: "Explain", arguments: [node] };
    return item;
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.view.dispose();
    this.changed.dispose();
  }
}

function tooltip(alert: Alert): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.appendText(`${alert.priority} ${alert.rule}`);
  const rows = Object.entries(alert.fields).map(([name, value]) => `${name} = ${String(value)}`);
  return text.appendCodeblock(rows.join("\n"), "text");
}
