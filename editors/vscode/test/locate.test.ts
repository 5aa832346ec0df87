import assert from "node:assert/strict";
import { test } from "node:test";

import { locate, type Location, type Machine, type Probe, type Request } from "../src/locate";

interface Situation {
  files?: Record<string, Probe>;
  env?: Record<string, string>;
  platform?: NodeJS.Platform;
  setting?: string;
  workspaceFolder?: string;
}

function find(situation: Situation): Location {
  const platform = situation.platform ?? "linux";
  const windows = platform === "win32";
  const machine: Machine = {
    platform,
    env: situation.env ?? {},
    home: windows ? "C:\\Users\\me" : "/home/me",
    probe: (path) => situation.files?.[path] ?? "missing",
  };
  const request: Request = {
    setting: situation.setting ?? "",
    extensionPath: windows ? "C:\\ext" : "/ext",
    workspaceFolder: situation.workspaceFolder,
  };
  return locate(request, machine);
}

function found(situation: Situation): string {
  const location = find(situation);
  return location.kind === "found" ? `${location.origin} ${location.path}` : `missing: ${location.problem}`;
}

const everywhere: Record<string, Probe> = {
  "/set/falco-rs": "executable",
  "/ext/bin/falco-rs": "executable",
  "/usr/bin/falco-rs": "executable",
  "/home/me/.cargo/bin/falco-rs": "executable",
};
const without = (...paths: string[]): Record<string, Probe> =>
  Object.fromEntries(Object.entries(everywhere).filter(([path]) => !paths.includes(path)));
const env = { PATH: "/usr/local/bin:/usr/bin" };

test("the setting comes first, then the bundled program, then PATH, then Cargo's folder", () => {
  const files = everywhere;
  assert.equal(found({ files, env, setting: "/set/falco-rs" }), "setting /set/falco-rs");
  assert.equal(found({ files, env }), "bundled /ext/bin/falco-rs");
  assert.equal(found({ files: without("/ext/bin/falco-rs"), env }), "path /usr/bin/falco-rs");
  assert.equal(
    found({ files: without("/ext/bin/falco-rs", "/usr/bin/falco-rs"), env }),
    "cargo /home/me/.cargo/bin/falco-rs",
  );
  assert.equal(
    found({ files: { "/cargo/bin/falco-rs": "executable" }, env: { CARGO_HOME: "/cargo" } }),
    "cargo /cargo/bin/falco-rs",
  );
});

test("nothing anywhere: the places looked at are told", () => {
  const location = find({ env });
  assert.ok(location.kind === "missing");
  assert.match(location.problem, /was not found in the extension, on PATH or in Cargo's bin folder/);
  assert.deepEqual(location.tried, [
    "/ext/bin/falco-rs",
    "/usr/local/bin/falco-rs",
    "/usr/bin/falco-rs",
    "/home/me/.cargo/bin/falco-rs",
  ]);
});

test("what is no program is passed over", () => {
  const files: Record<string, Probe> = {
    ...everywhere,
    "/ext/bin/falco-rs": "not-executable",
    "/usr/local/bin/falco-rs": "directory",
  };
  assert.equal(found({ files, env }), "path /usr/bin/falco-rs");
});

test("a setting that leads nowhere is a problem, whatever else exists", () => {
  const problem = (setting: string, files: Record<string, Probe> = {}, workspaceFolder?: string): string =>
    found({
      files: { ...everywhere, ...files },
      env,
      setting,
      ...(workspaceFolder === undefined ? {} : { workspaceFolder }),
    });
  assert.match(problem("/no/such"), /^missing: .*`\/no\/such`, which does not exist/);
  assert.match(problem("/a/dir", { "/a/dir": "directory" }), /which is a folder/);
  assert.match(problem("/a/file", { "/a/file": "not-executable" }), /which is not executable/);
  assert.match(problem("no-such-command"), /`no-such-command`, which is not on PATH/);
  assert.match(problem("./target/falco-rs"), /but no folder is open/);
  assert.match(problem("./target/falco-rs", {}, "/ws"), /`\/ws\/target\/falco-rs`, which does not exist/);
  assert.match(problem("${workspaceFolder}/x"), /uses `\$\{workspaceFolder\}`, but no folder is open/);
  assert.match(problem("${nonsense}/x"), /uses `\$\{nonsense\}`; known are/);
});

test("a setting may be relative, at home, a variable or a command", () => {
  const files: Record<string, Probe> = {
    "/ws/target/release/falco-rs": "executable",
    "/home/me/bin/falco-rs": "executable",
    "/opt/x/falco-rs": "executable",
    "/usr/bin/falco-rs-nightly": "executable",
  };
  const workspaceFolder = "/ws";
  const variables = { ...env, TOOLS: "/opt/x" };
  const at = (setting: string): string => found({ files, env: variables, setting, workspaceFolder });
  assert.equal(at("target/release/falco-rs"), "setting /ws/target/release/falco-rs");
  assert.equal(at("./target/../target/release/falco-rs"), "setting /ws/target/release/falco-rs");
  assert.equal(at("${workspaceFolder}/target/release/falco-rs"), "setting /ws/target/release/falco-rs");
  assert.equal(at("~/bin/falco-rs"), "setting /home/me/bin/falco-rs");
  assert.equal(at("${userHome}/bin/falco-rs"), "setting /home/me/bin/falco-rs");
  assert.equal(at("${env:TOOLS}/falco-rs"), "setting /opt/x/falco-rs");
  assert.equal(at("falco-rs-nightly"), "setting /usr/bin/falco-rs-nightly");
  assert.equal(at("  falco-rs-nightly  "), "setting /usr/bin/falco-rs-nightly");
});

test("an empty entry of PATH is not the current folder", () => {
  assert.match(found({ files: { "falco-rs": "executable" }, env: { PATH: "::" } }), /^missing/);
  assert.match(found({ files: { "falco-rs": "executable" }, env: {} }), /^missing/);
});

test("Windows has its own separators, extensions and spelling of PATH", () => {
  const platform = "win32";
  const files: Record<string, Probe> = {
    "D:\\tools\\falco-rs.exe": "executable",
    "C:\\Users\\me\\bin\\falco-rs.exe": "executable",
  };
  const windows = { Path: `C:\\Windows;"D:\\tools"` };
  assert.equal(found({ platform, files, env: windows }), "path D:\\tools\\falco-rs.exe");
  assert.equal(
    found({ platform, files, env: windows, setting: "~\\bin\\falco-rs" }),
    "setting C:\\Users\\me\\bin\\falco-rs.exe",
  );
  assert.equal(
    found({ platform, files, env: windows, setting: "D:\\tools\\falco-rs.exe" }),
    "setting D:\\tools\\falco-rs.exe",
  );
});
