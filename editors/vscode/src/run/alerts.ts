// The view "Alerts": what the last run raised and what came near, by rule; a click explains an event.

import * as vscode from "vscode";

import { brief, lacks, many, summary, type Alert, type Miss, type RuleResult, type RunResult } from "./results";

/** The run that the alerts came from. */
export interface RunInfo {
  /** What was run on, as people see it. */
  readonly title: string;
  /** A file of the rules that were loaded. */
  readonly rules: vscode.Uri;
  readonly result: RunResult;
}

/** A line that only says something. */
interface Note {
  readonly note: string;
}

type Node = RuleResult | Alert | Miss | Note;

const URGENT = new Set(["emergency", "alert", "critical", "error"]);

export class AlertsView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  private readonly view: vscode.TreeView<Node>;
  private info: RunInfo | undefined;
  readonly onDidChangeTreeData = this.changed.event;

  constructor() {
    this.view = vscode.window.createTreeView<Node>("falco-rs.alerts", { treeDataProvider: this, showCollapseAll: true });
  }

  /** A run begins: the last one is forgotten. */
  begin(title: string): void {
    this.tell(undefined, title, "Running…");
  }

  /** A run gave nothing, for this reason. */
  fail(why: string): void {
    this.tell(undefined, this.view.description ?? "", why);
  }

  /** Nothing is shown of any run. */
  clear(): void {
    this.tell(undefined, "", "");
  }

  show(info: RunInfo): void {
    this.tell(info, info.title, summary(info.result));
  }

  /** The rules may be others by now. */
  outdate(): void {
    if (this.info !== undefined) this.view.description = `${this.info.title}, before the last edits`;
  }

  /** Where an alert came from. */
  get origin(): RunInfo | undefined {
    return this.info;
  }

  focus(): Thenable<unknown> {
    return vscode.commands.executeCommand("falco-rs.alerts.focus");
  }

  getChildren(node?: Node): Node[] {
    if (node === undefined) {
      const said = (this.info?.result.rules ?? []).filter(({ alerts, misses }) => alerts.length + misses.length > 0);
      return [...said].sort((a, b) => b.matched - a.matched);
    }
    if (!("alerts" in node)) return [];
    const more = node.matched - node.alerts.length;
    return [...node.alerts, ...(more > 0 ? [{ note: `… and ${many(more, "more alert")}` }] : []), ...node.misses];
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if ("note" in node) return new vscode.TreeItem(node.note);
    if ("alerts" in node) return ruleItem(node, this.info?.result.rules.length === 1);
    return "distance" in node ? missItem(node) : alertItem(node);
  }

  dispose(): void {
    this.view.dispose();
    this.changed.dispose();
  }

  private tell(info: RunInfo | undefined, title: string, message: string): void {
    this.info = info;
    this.view.description = title;
    this.view.message = message;
    this.changed.fire(undefined);
  }
}

function ruleItem(node: RuleResult, alone: boolean): vscode.TreeItem {
  const { Expanded, Collapsed } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(node.rule, alone || node.matched > 0 ? Expanded : Collapsed);
  item.description = brief(node);
  item.iconPath = new vscode.ThemeIcon("shield");
  return item;
}

function alertItem(alert: Alert): vscode.TreeItem {
  const item = new vscode.TreeItem(alert.output === "" ? alert.rule : alert.output);
  item.description = alert.time;
  item.iconPath = new vscode.ThemeIcon(URGENT.has(alert.priority.toLowerCase()) ? "error" : "warning");
  const rows = Object.entries(alert.fields).map(([name, value]) => `${name} = ${String(value)}`);
  item.tooltip = tooltip(`${alert.priority} ${alert.rule}, event ${alert.event}`, rows);
  item.contextValue = "alert";
  item.command = { command: "falco-rs.explainAlert", title: "Explain", arguments: [alert] };
  return item;
}

function missItem(miss: Miss): vscode.TreeItem {
  const rows = lacks(miss);
  const item = new vscode.TreeItem(`Near miss: ${rows[0] ?? many(miss.distance, "comparison")}`);
  item.description = `event ${miss.event}${miss.count > 1 ? ` and ${miss.count - 1} like it` : ""}`;
  item.iconPath = new vscode.ThemeIcon("circle-outline");
  item.tooltip = tooltip(`${many(miss.distance, "comparison")} away`, rows);
  item.contextValue = "miss";
  item.command = { command: "falco-rs.explainAlert", title: "Explain", arguments: [miss] };
  return item;
}

function tooltip(title: string, rows: readonly string[]): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.appendText(title);
  return text.appendCodeblock(rows.join("\n"), "text");
}
