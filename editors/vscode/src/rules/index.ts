// Knows the items of every rules file of the workspace: what is open as it stands in the editor, the rest from disk.

import * as vscode from "vscode";

import { classify, FALCO_RULES } from "../detect";
import type { Placed } from "./groups";
import { itemsOf, type Item } from "./items";

/** Larger YAML files are data. */
const MAX_BYTES = 4 * 1024 * 1024;
const MAX_FILES = 5_000;
const IGNORED = "**/{node_modules,target,.git}/**";
/** Typing is followed after a pause, in milliseconds. */
const PAUSE = 300;

export class RuleIndex implements vscode.Disposable {
  private readonly files = new Map<string, Item[]>();
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly subscriptions: vscode.Disposable[] = [];
  private scanned: Promise<void> | undefined;

  /** Fires when items came, went or changed. */
  readonly onDidChange = this.changed.event;

  constructor() {
    const watcher = vscode.workspace.createFileSystemWatcher("**/*.{yaml,yml}");
    this.subscriptions.push(
      this.changed,
      watcher,
      watcher.onDidCreate((uri) => void this.readAndTell(uri)),
      watcher.onDidChange((uri) => void this.readAndTell(uri)),
      watcher.onDidDelete((uri) => this.forget(uri)),
      vscode.workspace.onDidOpenTextDocument((document) => this.later(document)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.later(document)),
      vscode.workspace.onDidCloseTextDocument((document) => void this.readAndTell(document.uri)),
      vscode.workspace.onDidChangeWorkspaceFolders(() => void this.rescan()),
    );
  }

  /** Reads the workspace, if it was not read yet. */
  ready(): Promise<void> {
    this.scanned ??= this.scan();
    return this.scanned;
  }

  /** Reads the workspace again. */
  rescan(): Promise<void> {
    this.files.clear();
    this.scanned = this.scan();
    return this.scanned;
  }

  /** How many rules files are known. */
  get size(): number {
    return this.files.size;
  }

  /** All items with their files. */
  all(): Placed[] {
    return [...this.files].flatMap(([uri, items]) => {
      const file = vscode.workspace.asRelativePath(vscode.Uri.parse(uri));
      return items.map((item) => ({ item, uri, file }));
    });
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    for (const each of this.subscriptions) each.dispose();
  }

  private async scan(): Promise<void> {
    const uris = await vscode.workspace.findFiles("**/*.{yaml,yml}", IGNORED, MAX_FILES);
    for (const uri of uris) await this.read(uri);
    this.changed.fire();
  }

  private async readAndTell(uri: vscode.Uri): Promise<void> {
    if (this.scanned === undefined) return;
    await this.read(uri);
    this.changed.fire();
  }

  private async read(uri: vscode.Uri): Promise<void> {
    const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
    try {
      const text = open?.getText() ?? (await readText(uri));
      this.store(uri, text !== undefined && classify(text) === "rules" ? itemsOf(text) : undefined);
    } catch {
      // Gone, or not to be read: either way there is nothing to show of it.
      this.store(uri, undefined);
    }
  }

  private store(uri: vscode.Uri, items: Item[] | undefined): void {
    if (items === undefined || items.length === 0) this.files.delete(uri.toString());
    else this.files.set(uri.toString(), items);
  }

  private forget(uri: vscode.Uri): void {
    if (this.files.delete(uri.toString())) this.changed.fire();
  }

  private later(document: vscode.TextDocument): void {
    const { uri } = document;
    if (document.languageId !== FALCO_RULES || uri.scheme !== "file" || this.scanned === undefined) return;
    const key = uri.toString();
    clearTimeout(this.timers.get(key));
    const timer = setTimeout(() => {
      this.timers.delete(key);
      void this.readAndTell(uri);
    }, PAUSE);
    this.timers.set(key, timer);
  }
}

async function readText(uri: vscode.Uri): Promise<string | undefined> {
  const { size, type } = await vscode.workspace.fs.stat(uri);
  if (size > MAX_BYTES || (type & vscode.FileType.File) === 0) return undefined;
  return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
}
