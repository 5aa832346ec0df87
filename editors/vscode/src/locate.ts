// Finds the server's program. No editor in here: what it needs to know of the machine is passed in.

import { posix, win32 } from "node:path";

/** What the search needs to know of the machine. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** What stands at a path. */
  readonly probe: (path: string) => Probe;
}

export type Probe = "executable" | "not-executable" | "directory" | "missing";

export interface Request {
  /** The setting `falco-rs.server.path`; empty when unset. */
  readonly setting: string;
  /** The extension's own folder. */
  readonly extensionPath: string;
  /** The first workspace folder, if any. */
  readonly workspaceFolder: string | undefined;
}

/** Where a program was found. */
export type Origin = "setting" | "bundled" | "path" | "cargo";

export type Location =
  | { readonly kind: "found"; readonly path: string; readonly origin: Origin }
  | { readonly kind: "missing"; readonly problem: string; readonly tried: readonly string[] };

const PROGRAM = "falco-rs";

/** Finds the program: the setting, else the bundled one, else `PATH`, else Cargo's folder. */
export function locate(request: Request, machine: Machine): Location {
  const setting = request.setting.trim();
  return setting === "" ? search(request, machine) : fromSetting(setting, request, machine);
}

/** A setting that leads nowhere is reported, and never silently replaced by something else that happens to exist. */
function fromSetting(setting: string, request: Request, machine: Machine): Location {
  const { join, isAbsolute } = pathOf(machine);
  const expanded = expand(setting, request, machine);
  if ("problem" in expanded) return { kind: "missing", problem: expanded.problem, tried: [] };
  const text = expanded.text;

  if (!/[\\/]/.test(text)) {
    const folders = pathFolders(machine);
    const found = firstExecutable(
      folders.map((folder) => join(folder, text)),
      machine,
    );
    if (found !== undefined) return { kind: "found", path: found, origin: "setting" };
    const problem = `the setting \`falco-rs.server.path\` names \`${text}\`, which is not on PATH`;
    return { kind: "missing", problem, tried: folders };
  }

  let path = text;
  if (!isAbsolute(text)) {
    if (request.workspaceFolder === undefined) {
      const problem = `the setting \`falco-rs.server.path\` is \`${text}\`, relative to a workspace folder, but no folder is open`;
      return { kind: "missing", problem, tried: [] };
    }
    path = join(request.workspaceFolder, text);
  }
  const candidates = withExtensions(path, machine);
  const found = firstExecutable([path], machine);
  if (found !== undefined) return { kind: "found", path: found, origin: "setting" };
  const state = candidates.map((candidate) => machine.probe(candidate)).find((probe) => probe !== "missing") ?? "missing";
  const why = { executable: "", "not-executable": "is not executable", directory: "is a folder", missing: "does not exist" };
  const problem = `the setting \`falco-rs.server.path\` names \`${path}\`, which ${why[state]}`;
  return { kind: "missing", problem, tried: candidates };
}

function search(request: Request, machine: Machine): Location {
  const { join } = pathOf(machine);
  const places: [Origin, string][] = [
    ["bundled", join(request.extensionPath, "bin", PROGRAM)],
    ...pathFolders(machine).map((folder): [Origin, string] => ["path", join(folder, PROGRAM)]),
    // An editor started from a desktop often has a shorter PATH than the shell in which `cargo install` was run.
    ["cargo", join(machine.env["CARGO_HOME"] ?? join(machine.home, ".cargo"), "bin", PROGRAM)],
  ];
  for (const [origin, place] of places) {
    const path = firstExecutable([place], machine);
    if (path !== undefined) return { kind: "found", path, origin };
  }
  return {
    kind: "missing",
    problem: "the program `falco-rs` was not found in the extension, on PATH or in Cargo's bin folder",
    tried: places.map(([, place]) => place),
  };
}

function pathOf(machine: Machine): typeof posix {
  return machine.platform === "win32" ? win32 : posix;
}

function pathFolders(machine: Machine): string[] {
  const { delimiter } = pathOf(machine);
  // Windows calls it `Path`, and keeps the case of names that it otherwise ignores.
  const name = Object.keys(machine.env).find((key) =>
    machine.platform === "win32" ? key.toUpperCase() === "PATH" : key === "PATH",
  );
  const value = name === undefined ? "" : (machine.env[name] ?? "");
  const folders = value
    .split(delimiter)
    .map((folder) => folder.replace(/^"(.*)"$/, "$1"))
    // An empty entry means the current folder, which for an editor is no place to take programs from.
    .filter((folder) => folder !== "");
  return [...new Set(folders)];
}

function withExtensions(path: string, machine: Machine): string[] {
  if (machine.platform !== "win32" || /\.(?:exe|cmd|bat|com)$/i.test(path)) return [path];
  return [`${path}.exe`, path];
}

function firstExecutable(paths: readonly string[], machine: Machine): string | undefined {
  return paths.flatMap((path) => withExtensions(path, machine)).find((path) => machine.probe(path) === "executable");
}

/** Replaces `~/`, `${workspaceFolder}`, `${userHome}` and `${env:NAME}`. */
function expand(setting: string, request: Request, machine: Machine): { text: string } | { problem: string } {
  let problem: string | undefined;
  const text = setting
    .replace(/^~(?=$|[\\/])/, () => machine.home)
    .replace(/\$\{([^}]*)\}/g, (whole: string, name: string) => {
      if (name === "userHome") return machine.home;
      if (name === "workspaceFolder") {
        if (request.workspaceFolder !== undefined) return request.workspaceFolder;
        problem ??= `the setting \`falco-rs.server.path\` uses \`${whole}\`, but no folder is open`;
        return whole;
      }
      if (name.startsWith("env:")) return machine.env[name.slice("env:".length)] ?? "";
      problem ??= `the setting \`falco-rs.server.path\` uses \`${whole}\`; known are \`\${workspaceFolder}\`, \`\${userHome}\` and \`\${env:NAME}\``;
      return whole;
    });
  return problem === undefined ? { text } : { problem };
}
