// The programs that the workbench tests need: code-server, built once into a cache folder, and Debian's Chromium.
//
// A plain `npm install code-server` wants addresses that a closed network does not reach, so its install scripts are
// left out and the parts that are really needed are built from source, with the system's ripgrep instead of a download.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** The newest code-server that runs on node 20. */
const CODE_SERVER = "4.100.3";

/** Raised when the recipe below changes, so that older caches are built anew. */
const RECIPE = 1;

/** Native modules that the server loads. Others (argon2 aside) are optional features that it does without. */
const NATIVES = ["node-pty", "@vscode/spdlog", "native-watchdog", "@parcel/watcher", "kerberos", "@vscode/deviceid"];

/** What must exist after the build; `npm rebuild` fails for reasons that do not matter (node-pty's compile database). */
const BUILT = ["node-pty/build/Release/pty.node", "@vscode/spdlog/build/Release/spdlog.node", "native-watchdog/build/Release/watchdog.node"];

export interface Tools {
  /** The script that node runs as code-server. */
  readonly entry: string;
  /** The browser's program. */
  readonly chromium: string;
}

/** The tests cannot run on this machine, which is not a failure of the extension. */
export class Unavailable extends Error {}

/** Finds the tools, and builds what can be built. */
export function tools(say: (line: string) => void): Tools {
  const chromium = process.env["CHROMIUM"] ?? onPath("chromium") ?? onPath("chromium-browser") ?? onPath("google-chrome");
  const rg = onPath("rg");
  const missing = [
    ...(chromium === undefined ? ["chromium", "fonts-dejavu-core"] : []),
    ...(rg === undefined ? ["ripgrep"] : []),
  ];
  if (chromium === undefined || rg === undefined) {
    throw new Unavailable(`packages are missing: apt-get install -y --no-install-recommends ${missing.join(" ")}`);
  }
  return { entry: codeServer(rg, say), chromium };
}

/** The folder for what is downloaded and built once. */
function cacheFolder(): string {
  const base = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return process.env["FALCO_RS_WORKBENCH_CACHE"] ?? join(base, "falco-rs-workbench");
}

function codeServer(rg: string, say: (line: string) => void): string {
  const folder = join(cacheFolder(), `code-server-${CODE_SERVER}-node${process.versions.modules}`);
  const entry = join(folder, "node_modules/code-server/out/node/entry.js");
  const stamp = join(folder, "complete");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === String(RECIPE) && existsSync(entry)) return entry;

  needHeaders();
  say(`building code-server ${CODE_SERVER} in ${folder}; this is done once and takes a few minutes`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), "{}");
  const vscode = join(folder, "node_modules/code-server/lib/vscode");
  const modules = join(vscode, "node_modules");

  npm(folder, ["install", "--ignore-scripts", `code-server@${CODE_SERVER}`], say);
  npm(vscode, ["install", "--omit=dev", "--ignore-scripts"], say);
  npm(join(vscode, "extensions"), ["install", "--omit=dev", "--ignore-scripts"], say);
  npm(vscode, ["rebuild", ...NATIVES], say, BUILT.map((path) => join(modules, path)));
  npm(folder, ["rebuild", "argon2"], say);

  mkdirSync(join(modules, "@vscode/ripgrep/bin"), { recursive: true });
  link(rg, join(modules, "@vscode/ripgrep/bin/rg"));
  link("node_modules", join(vscode, "node_modules.asar"));
  link("code-linux.sh", join(vscode, "bin/remote-cli/code-server"));
  link("browser-linux.sh", join(vscode, "bin/helpers/browser.sh"));
  writeFileSync(stamp, String(RECIPE));
  return entry;
}

/** The headers that the native modules are compiled against. */
function needHeaders(): void {
  if (process.platform !== "linux") throw new Unavailable("code-server is built by this script on Linux only");
  const headers: [string, string][] = [
    [join(nodeFolder(), "include/node/node.h"), "libnode-dev (or node's own headers)"],
    ["/usr/include/krb5.h", "libkrb5-dev"],
    ["/usr/include/libsecret-1/libsecret/secret.h", "libsecret-1-dev"],
    ["/usr/include/X11/Xlib.h", "libx11-dev"],
    ["/usr/include/X11/extensions/XKBfile.h", "libxkbfile-dev"],
  ];
  const missing = headers.filter(([path]) => !existsSync(path)).map(([, name]) => name);
  for (const [program, name] of [["c++", "g++"], ["make", "make"], ["python3", "python3"]] as const) {
    if (onPath(program) === undefined) missing.push(name);
  }
  if (missing.length > 0) {
    throw new Unavailable(`code-server cannot be built: apt-get install -y --no-install-recommends ${missing.join(" ")}`);
  }
}

/** The folder that node is installed in, such as `/usr`. */
function nodeFolder(): string {
  return join(process.execPath, "../..");
}

/** Runs npm. When `results` are named, their existence decides and not the exit status. */
function npm(cwd: string, args: string[], say: (line: string) => void, results?: string[]): void {
  say(`npm ${args.join(" ")}`);
  const env = {
    ...process.env,
    npm_config_nodedir: nodeFolder(),
    npm_config_build_from_source: "true",
    npm_config_unsafe_perm: "true",
    npm_config_audit: "false",
    npm_config_fund: "false",
  };
  const run = spawnSync("npm", args, { cwd, env, encoding: "utf8", maxBuffer: 1 << 28 });
  const missing = results?.filter((path) => !existsSync(path));
  if (missing === undefined ? run.status === 0 : missing.length === 0) return;
  const last = `${run.stdout ?? ""}${run.stderr ?? ""}`.trimEnd().split("\n").slice(-15).join("\n");
  throw new Unavailable(`\`npm ${args.join(" ")}\` failed in ${cwd}:\n${last}`);
}

function link(target: string, path: string): void {
  rmSync(path, { recursive: true, force: true });
  symlinkSync(target, path);
}

function onPath(program: string): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));
}

/** The folder of the tests' own files, made empty. */
export function emptyFolder(path: string): string {
  mkdirSync(path, { recursive: true });
  for (const name of readdirSync(path)) rmSync(join(path, name), { recursive: true, force: true });
  return path;
}
