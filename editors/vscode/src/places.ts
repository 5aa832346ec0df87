// Our plain places as the editor's.

import * as vscode from "vscode";

import type { Span } from "./rules/items";

export function range({ start, end }: Span): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}
