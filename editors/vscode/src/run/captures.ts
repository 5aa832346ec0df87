// Lets the user choose a recording.

import * as vscode from "vscode";

import { runSettings, SECTION } from "../settings";

const IGNORED = "**/{node_modules,.git}/**";
const MAX_CAPTURES = 500;
const LAST = "falco-rs.lastCapture";
const BROWSE = "Browse…";

/** The path of the recording that was chosen; the one of last time comes first. */
export async function pickCapture(memento: vscode.Memento): Promise<string | undefined> {
  const settings = runSettings((key) => vscode.workspace.getConfiguration(SECTION).get(key));
  const found = new Set<string>();
  for (const pattern of settings.captures) {
    for (const uri of await vscode.workspace.findFiles(pattern, IGNORED, MAX_CAPTURES)) found.add(uri.fsPath);
  }
  const last = memento.get<string>(LAST);
  const paths = [...found].sort((a, b) => Number(b === last) - Number(a === last) || a.localeCompare(b));
  const picks = [
    ...paths.map((path) => ({ label: vscode.workspace.asRelativePath(path), path })),
    { label: BROWSE, path: undefined },
  ];
  const picked = await vscode.window.showQuickPick(picks, { title: "Recording to run on", placeHolder: "a .scap file" });
  if (picked === undefined) return undefined;
  const path = picked.path ?? (await browse());
  if (path !== undefined) await memento.update(LAST, path);
  return path;
}

async function browse(): Promise<string | undefined> {
  const chosen = await vscode.window.showOpenDialog({ title: "Recording", filters: { Recordings: ["scap", "gz"], All: ["*"] } });
  return chosen?.[0]?.fsPath;
}
