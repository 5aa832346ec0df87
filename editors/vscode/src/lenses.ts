// Lenses above rules. A server that has lenses of its own knows the project's recordings and tests; then only the choice of
// another recording is added.

import * as vscode from "vscode";

import { FALCO_RULES } from "./detect";
import { range } from "./places";
import { itemsOf } from "./rules/items";
import type { Target } from "./run/commands";
import { SECTION } from "./settings";

const CHOOSE: readonly [string, string] = ["$(play) Run on recording…", "falco-rs.runOnCapture"];
const ALL: readonly (readonly [string, string])[] = [
  CHOOSE,
  ["$(question) Explain", "falco-rs.explainRule"],
  ["$(beaker) Run tests", "falco-rs.runRuleTests"],
  ["$(pulse) Try live", "falco-rs.tryLive"],
];

export class RuleLenses implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable[];
  readonly onDidChangeCodeLenses = this.changed.event;

  constructor(
    private readonly serverHasLenses: () => boolean,
    onServerStart: vscode.Event<void>,
  ) {
    this.subscriptions = [
      this.changed,
      onServerStart(() => this.changed.fire()),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration(`${SECTION}.codeLens`)) this.changed.fire();
      }),
      vscode.languages.registerCodeLensProvider({ language: FALCO_RULES, scheme: "file" }, this),
    ];
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const wanted = vscode.workspace.getConfiguration(SECTION, document).get("codeLens", true);
    if (!wanted) return [];
    const lenses = this.serverHasLenses() ? [CHOOSE] : ALL;
    const uri = document.uri.toString();
    return itemsOf(document.getText())
      .filter(({ kind, changes }) => kind === "rule" && !changes)
      .flatMap(({ name, at }) =>
        lenses.map(([title, command]) => {
          const target: Target = { uri, rule: name };
          return new vscode.CodeLens(range(at), { title, command, arguments: [target] });
        }),
      );
  }

  dispose(): void {
    for (const each of this.subscriptions) each.dispose();
  }
}
