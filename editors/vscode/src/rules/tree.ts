// The view "Rules": what the workspace holds, by file, priority or tag.

import * as vscode from "vscode";

import { groupsOf, type Group, type GroupBy, type Placed } from "./groups";
import type { RuleIndex } from "./index";
import { range } from "../places";

type Node = Group | Placed;

const KEY = "falco-rs.rules.groupBy";
const WAYS: Readonly<Record<string, GroupBy>> = {
  "falco-rs.groupByFile": "file",
  "falco-rs.groupByPriority": "priority",
  "falco-rs.groupByTag": "tag",
};
const ICONS = { rule: "shield", macro: "symbol-function", list: "list-unordered" };

export class RulesTree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  private readonly subscriptions: vscode.Disposable[];
  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly index: RuleIndex,
    private readonly memento: vscode.Memento,
  ) {
    const view = vscode.window.createTreeView<Node>("falco-rs.rules", { treeDataProvider: this, showCollapseAll: true });
    this.subscriptions = [
      this.changed,
      view,
      index.onDidChange(() => this.changed.fire(undefined)),
      vscode.commands.registerCommand("falco-rs.refreshRules", () => index.rescan()),
      ...Object.entries(WAYS).map(([command, by]) =>
        vscode.commands.registerCommand(command, async () => {
          await memento.update(KEY, by);
          this.changed.fire(undefined);
        }),
      ),
    ];
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (node !== undefined) return "members" in node ? [...node.members] : [];
    await this.index.ready();
    return groupsOf(this.index.all(), this.memento.get<GroupBy>(KEY, "file"));
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if ("members" in node) {
      const group = new vscode.TreeItem(node.label, vscode.TreeItemCollapsibleState.Collapsed);
      group.description = String(node.members.length);
      group.contextValue = "group";
      return group;
    }
    const { item, uri, file } = node;
    const leaf = new vscode.TreeItem(item.name);
    leaf.iconPath = new vscode.ThemeIcon(item.kind === "rule" && !item.enabled ? "circle-slash" : ICONS[item.kind]);
    leaf.description = describe(node);
    leaf.tooltip = `${item.kind} ${item.name}\n${file}:${item.at.start.line + 1}`;
    leaf.contextValue = item.kind;
    const options: vscode.TextDocumentShowOptions = { selection: range(item.at) };
    leaf.command = { command: "vscode.open", title: "Open", arguments: [vscode.Uri.parse(uri), options] };
    return leaf;
  }

  dispose(): void {
    for (const each of this.subscriptions) each.dispose();
  }
}

function describe({ item }: Placed): string {
  const parts = [
    item.priority?.toLowerCase(),
    item.changes ? "changes another" : undefined,
    item.enabled ? undefined : "off",
    item.source === undefined || item.source === "syscall" ? undefined : item.source,
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}
