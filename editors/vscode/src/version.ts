// `falco-rs --version`, for the command of that name.

import { execFile } from "node:child_process";

/** What the program says its version is. */
export function versionOf(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(path, ["--version"], { timeout: 5_000, windowsHide: true, maxBuffer: 64 * 1024 }, (error, stdout) => {
      const line = stdout.split(/\r?\n/, 1)[0]?.trim() ?? "";
      if (error !== null) reject(error);
      else if (line === "") reject(new Error("it printed no version"));
      else resolve(line);
    });
  });
}
