// Starts `falco-rs` for tasks, with the program, the environment and the rules that the settings and the project name.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

import * as vscode from "vscode";

import { FALCO_RULES } from "./detect";
import { locate, type Location } from "./locate";
import { machine } from "./machine";
import { missing } from "./messages";
import { run, type Finished, type Task } from "./program";
import { applyEnv, runSettings, SECTION, serverSettings } from "./settings";

export const PROJECT_FILE = ".falco-rs.yaml";

/** What a task may set itself. */
export type Wanted = Pick<Task, "input" | "onLine" | "signal"> & { readonly cwd?: string | undefined };

/** The rules that belong to a file, as arguments, and the folder to start in. */
export interface Load {
  readonly cwd: string;
  readonly args: readonly string[];
}

export class Cli {
  constructor(
    private readonly extensionPath: string,
    private readonly output: vscode.OutputChannel,
  ) {}

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

  /** Runs the program. What goes wrong before it ran is thrown with a message for people. */
  async run(args: readonly string[], wanted: Wanted = {}): Promise<Finished> {
    const location = this.locate();
    if (location.kind === "missing") throw new Error(missing(location));
    if (runSettings(read).saveBefore) await saveRules();
    this.output.appendLine(`running ${location.path} ${args.join(" ")}`);
    const { cwd = firstFolder(), ...rest } = wanted;
    return run({ path: location.path, args, cwd, env: this.env(), ...rest });
  }
}

/**
 * The rules that are loaded for a file: those of the nearest project file above it, else the folder that it is in.
 * Folders above the workspace are not looked at.
 */
export function rulesFor(uri: vscode.Uri): Load {
  const folder = dirname(uri.fsPath);
  const top = vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath ?? folder;
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, PROJECT_FILE))) return { cwd: at, args: [] };
    if (at === top || at === dirname(at)) return { cwd: folder, args: ["-r", folder] };
  }
}

/** An abort signal for a cancellation token. */
export function signalOf(token: vscode.CancellationToken): AbortSignal {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  token.onCancellationRequested(() => controller.abort());
  return controller.signal;
}

/** What a failed run said last, for a message. */
export function lastWords({ stderr, code }: Finished): string {
  const line = stderr.trim().split("\n").findLast((each) => each.trim() !== "");
  return line === undefined ? `falco-rs ended with status ${code ?? "unknown"}` : line.trim();
}

/** The program reads files from disk, so what stands in editors goes there first. */
async function saveRules(): Promise<void> {
  for (const document of vscode.workspace.textDocuments) {
    const ours = document.languageId === FALCO_RULES || /\.ya?ml$/.test(document.uri.path);
    if (ours && document.isDirty && document.uri.scheme === "file") await document.save();
  }
}

function firstFolder(): string | undefined {
  return vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === "file")?.uri.fsPath;
}

const read = (key: string): unknown => vscode.workspace.getConfiguration(SECTION).get(key);
