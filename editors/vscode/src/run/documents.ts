// Read-only documents that are made of what a command found: explanations, expanded rules, syntax trees.

import * as vscode from "vscode";

const SCHEME = "falco-rs";
/** The texts of closed documents are forgotten, the oldest first. */
const MAX_KEPT = 50;

export class Documents implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);

  private shown = 0;

  /** Shows a text beside the editor. */
  async show(title: string, text: string): Promise<void> {
    // A name with slashes would look like folders in the tab.
    const path = `/${title.replaceAll(/[/\\]/g, "∕")}`;
    // The editor keeps documents for a while after they were closed, and would show the old text again: each is a new one.
    this.shown += 1;
    const uri = vscode.Uri.from({ scheme: SCHEME, path, query: String(this.shown) });
    this.texts.set(uri.toString(), text);
    for (const old of this.texts.keys()) {
      if (this.texts.size <= MAX_KEPT) break;
      this.texts.delete(old);
    }
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preview: true });
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? "This text is no longer kept; run the command again.\n";
  }

  dispose(): void {
    this.registration.dispose();
  }
}
