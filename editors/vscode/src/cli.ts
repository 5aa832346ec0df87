// The program `falco-rs` as the settings name it: which one, and with what environment.

import * as vscode from "vscode";

import { locate, type Location } from "./locate";
import { machine } from "./machine";
import { applyEnv, SECTION, serverSettings } from "./settings";

export const PROJECT_FILE = ".falco-rs.yaml";

export class Cli {
  constructor(private readonly extensionPath: string) {}

  /** The program that would be started now. */
  locate(): Location {
    return locate(
      { setting: serverSettings(read).path, extensionPath: this.extensionPath, workspaceFolder: firstFolder() },
      machine(),
    );
  }

  /** The environment of everything that is started. */
  env(): Record<string, string> {
    return applyEnv(process.env, serverSettings(read).env);
  }
}

function firstFolder(): string | undefined {
  return vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === "file")?.uri.fsPath;
}

const read = (key: string): unknown => vscode.workspace.getConfiguration(SECTION).get(key);
