// Read-only documents that are made of what a command found: explanations, expanded rules, syntax trees.

import * as vscode from "vscode";

const SCHEME = "falco-rs";
/** The texts of closed documents are forgotten, the oldest first. */
const MAX_KEPT = 50;

export class Documents implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  readonly onDidChange = this.changed.event;

  /** Shows a text beside the editor; one of the same title is replaced. */
  async show(title: string, text: string): Promise<void> {
    // A name with slashes would look like folders in the tab.
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${title.replaceAll(/[/\\]/g, "∕")}` });
    const key = uri.toString();
    this.texts.delete(key);
    this.texts.set(key, text);
    for (const old of this.texts.keys()) {
      if (this.texts.size <= MAX_KEPT) break;
      this.texts.delete(old);
    }
    this.changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preview: true });
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? "This text is no longer kept; run the command again.\n";
  }

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
  }
}
