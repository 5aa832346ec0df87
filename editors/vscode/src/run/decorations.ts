// What the last run said of each rule, at the end of the rule's line.

import * as vscode from "vscode";

import { FALCO_RULES } from "../detect";
import { range } from "../places";
import { itemsOf } from "../rules/items";
import type { RunInfo } from "./alerts";
import { brief, lacks, type RuleResult } from "./results";

export class RunDecorations implements vscode.Disposable {
  private readonly type = vscode.window.createTextEditorDecorationType({
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedOpen,
    after: { margin: "0 0 0 2em", color: new vscode.ThemeColor("editorCodeLens.foreground"), fontStyle: "italic" },
  });
  private readonly outdated = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable[];
  private info: RunInfo | undefined;
  private stale = false;
  /** Fires when rules were edited after the run. */
  readonly onDidOutdate = this.outdated.event;

  constructor() {
    this.subscriptions = [
      this.type,
      this.outdated,
      vscode.window.onDidChangeVisibleTextEditors(() => this.drawAll()),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (this.info === undefined || document.languageId !== FALCO_RULES || contentChanges.length === 0) return;
        const first = !this.stale;
        this.stale = true;
        if (first) this.outdated.fire();
        this.drawAll();
      }),
    ];
  }

  /** Shows the results of a run instead of those of the last one, or none. */
  show(info: RunInfo | undefined): void {
    this.info = info;
    this.stale = false;
    this.drawAll();
  }

  dispose(): void {
    for (const each of this.subscriptions) each.dispose();
  }

  private drawAll(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor.document.languageId === FALCO_RULES) editor.setDecorations(this.type, this.of(editor.document));
    }
  }

  private of(document: vscode.TextDocument): vscode.DecorationOptions[] {
    const { info } = this;
    if (info === undefined || !sameFolder(document.uri, info.rules)) return [];
    const results = new Map(info.result.rules.map((result) => [result.rule, result]));
    return itemsOf(document.getText()).flatMap(({ kind, changes, name, at }) => {
      const result = kind === "rule" && !changes ? results.get(name) : undefined;
      if (result === undefined) return [];
      const end = document.lineAt(range(at).end.line).range.end;
      return {
        range: new vscode.Range(end, end),
        hoverMessage: hover(result),
        renderOptions: { after: { contentText: this.text(info, result) } },
      };
    });
  }

  private text(info: RunInfo, result: RuleResult): string {
    return `${brief(result)} on ${info.title}${this.stale ? ", before the last edits" : ""}`;
  }
}

function hover({ misses }: RuleResult): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  const [nearest] = misses;
  if (nearest === undefined) return text;
  text.appendText(`What event ${nearest.event} lacked:`);
  return text.appendCodeblock(lacks(nearest).join("\n"), "text");
}

/** Rules of other folders may have the same names, and were not run. */
function sameFolder(a: vscode.Uri, b: vscode.Uri): boolean {
  const [one, other] = [a, b].map((uri) => vscode.workspace.getWorkspaceFolder(uri)?.uri.toString());
  return a.toString() === b.toString() || (one !== undefined && one === other);
}
