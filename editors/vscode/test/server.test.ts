import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import * as messages from "../src/messages";
import { LastWords, start, type Running } from "../src/process";
import { RestartPolicy } from "../src/restart";
import { applyEnv, initializationOptions, serverSettings } from "../src/settings";
import { versionOf } from "../src/version";

/** Starts a program written in JavaScript. */
function run(program: string, env: Record<string, string> = {}): Promise<Running> {
  return start({ path: process.execPath, args: ["-e", program], env: applyEnv(process.env, env), cwd: undefined });
}

test("a process that ends says how, with its last words", async () => {
  const running = await run(`console.error("first"); console.error("cannot read the rules"); process.exit(3)`);
  const exit = await running.exit;
  assert.deepEqual(exit, { code: 3, signal: null, lastWords: ["first", "cannot read the rules"] });
  assert.equal(
    messages.died("/x/falco-rs", exit, false),
    "Falco rules: the language server `/x/falco-rs` ended with status 3 before it was ready. Its last words: cannot read the rules",
  );
});

test("a process that was killed says by what", async () => {
  const running = await run(`setInterval(() => {}, 1000)`);
  running.child.kill("SIGTERM");
  const exit = await running.exit;
  assert.equal(exit.signal, "SIGTERM");
  assert.match(messages.died("falco-rs", exit, true), /was ended by SIGTERM again and again\.$/);
});

test("a program that does not exist, or is none, is refused with a reason", async () => {
  const folder = mkdtempSync(join(tmpdir(), "falco-rs-"));
  try {
    const refuse = async (path: string): Promise<string> => {
      const error = await start({ path, args: [], env: {}, cwd: undefined }).then(
        () => assert.fail("it started"),
        (reason: unknown) => reason,
      );
      return messages.cannotStart(path, error);
    };
    const text = join(folder, "text");
    writeFileSync(text, "not a program");
    assert.match(await refuse(join(folder, "none")), /there is no such program/);
    assert.match(await refuse(text), /it may not be executed/);
    assert.match(await refuse("bad\0name"), /could not be started/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a process gets its environment, and one that ignores its end is killed", async () => {
  const running = await run(
    `process.on("SIGTERM", () => {}); process.stdin.resume(); setInterval(() => {}, 1000);
     process.stdout.write(process.env.FALCO_TEST ?? "absent")`,
    { FALCO_TEST: "here" },
  );
  const [data] = await new Promise<Buffer[]>((resolve) => running.child.stdout.once("data", (...all) => resolve(all)));
  assert.equal(String(data), "here");
  const exit = await running.end(20);
  assert.equal(exit.signal, "SIGKILL");
});

test("a process that leaves by itself is not killed", async () => {
  const running = await run(`process.stdin.on("end", () => process.exit(0)).resume()`);
  running.child.stdin.end();
  assert.deepEqual(await running.end(10_000), { code: 0, signal: null, lastWords: [] });
});

test("writing to a process that is gone hurts nobody", async () => {
  const running = await run(`process.exit(0)`);
  await running.exit;
  running.child.stdin.write("hello");
  await new Promise((resolve) => setTimeout(resolve, 20));
});

test("last words are bounded, and cut characters are put together", () => {
  const words = new LastWords();
  for (let i = 0; i < 1_000; i += 1) words.add(Buffer.from(`line ${i}\n`));
  words.add(Buffer.from("x".repeat(100_000)));
  const lines = words.lines();
  assert.equal(lines.length, 20);
  assert.equal(lines[0], "line 981");
  assert.equal(lines.at(-1)?.length, 500);

  const cut = new LastWords();
  const bytes = Buffer.from("é\n");
  cut.add(bytes.subarray(0, 1));
  cut.add(bytes.subarray(1));
  assert.deepEqual(cut.lines(), ["é"]);
});

test("a server that dies is started again, later and later, and given up in the end", () => {
  const policy = new RestartPolicy(4, 1_000);
  assert.deepEqual([0, 1, 2, 3].map((now) => policy.died(now)), [0, 250, 500, undefined]);
  assert.equal(policy.died(1_500), 0, "what is long ago does not count");
  policy.died(1_501);
  policy.reset();
  assert.equal(policy.died(1_502), 0, "what was before a person's own start does not count");
});

test("settings of any shape are read", () => {
  const from = (values: Record<string, unknown>) => serverSettings((key) => values[key]);
  assert.deepEqual(from({}), { path: "", extraArgs: [], env: {} });
  assert.deepEqual(
    from({
      "server.path": "/x",
      "server.extraArgs": ["--a", 1, null, "b"],
      "server.env": { A: "1", B: null, C: 2, D: true, E: ["x"] },
    }),
    { path: "/x", extraArgs: ["--a", "b"], env: { A: "1", B: undefined, C: "2", D: "true" } },
  );
  assert.deepEqual(from({ "server.path": 5, "server.extraArgs": "x", "server.env": ["x"] }), {
    path: "",
    extraArgs: [],
    env: {},
  });
  assert.deepEqual(applyEnv({ A: "1", B: "2", C: undefined }, { B: undefined, D: "4" }), { A: "1", D: "4" });
  assert.deepEqual(initializationOptions(() => " 0.57.0 "), { engineVersion: "0.57.0" });
  assert.deepEqual(initializationOptions(() => ""), { engineVersion: null });
});

test("the version is what the program prints first", { skip: process.platform === "win32" }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "falco-rs-"));
  try {
    const script = (name: string, text: string): string => {
      const path = join(folder, name);
      writeFileSync(path, `#!/bin/sh\n${text}\n`);
      chmodSync(path, 0o755);
      return path;
    };
    assert.equal(await versionOf(script("good", `echo "falco-rs 0.1.0"; echo more`)), "falco-rs 0.1.0");
    await assert.rejects(versionOf(script("silent", "true")), /printed no version/);
    await assert.rejects(versionOf(script("failing", "exit 2")));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
