// What the program is given, and what is read from it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { run } from "../src/program";
import { alertOf } from "../src/run/alert";
import { applyEnv, runSettings } from "../src/settings";
import { isTestName, testsOf } from "../src/tests/cases";
import { resultsOf } from "../src/tests/results";

const script = (program: string) => ({
  path: process.execPath,
  args: ["-e", program],
  cwd: undefined,
  env: applyEnv(process.env, {}),
});

test("a task's output and status are collected", async () => {
  const finished = await run({ ...script(`process.stdin.pipe(process.stdout); console.error("x"); process.exitCode = 3`), input: "hello" });
  assert.deepEqual(finished, { code: 3, stdout: "hello", stderr: "x\n", stopped: false });
});

test("a task ends when it is cancelled, or when enough lines came", async () => {
  const endless = `setInterval(() => console.log("line"), 1)`;
  const lines: string[] = [];
  const enough = await run({ ...script(endless), onLine: (line) => lines.push(line) < 3 });
  assert.equal(enough.stopped, true);
  assert.deepEqual(lines, ["line", "line", "line"]);
  const controller = new AbortController();
  const cancelled = run({ ...script(endless), signal: controller.signal });
  controller.abort();
  assert.equal((await cancelled).stopped, true);
});

test("a program that does not exist is an error", async () => {
  await assert.rejects(run({ ...script(""), path: "/nowhere/falco-rs" }), /ENOENT/);
});

test("alerts are read, other lines are not", () => {
  const line = `{"output":"o","priority":"Notice","rule":"R","time":"t","output_fields":{"evt.num":12,"proc.name":"cat"}}`;
  const alert = alertOf(line);
  assert.deepEqual([alert?.rule, alert?.priority, alert?.event, alert?.fields["proc.name"]], ["R", "Notice", 12, "cat"]);
  assert.equal(alertOf(`{"rule":"R"}`)?.event, undefined);
  for (const other of ["", "text", "[]", "null", `{"rule":1}`]) assert.equal(alertOf(other), undefined);
});

const TESTS = `rules: [a.yaml]
defaults: {evt.type: open, fd.num: 3}
tests:
  - name: one
    events: [{proc.name: cat, fd.num: null}]
    expect: [{rule: R}, {rule: R}]
  - name: two
    capture: x.scap
    only: [S]
    expect: []
  - {events: []}
`;

test("tests are found with their places, rules and events", () => {
  const { rules, cases } = testsOf(TESTS);
  assert.deepEqual(rules, ["a.yaml"]);
  assert.deepEqual(cases, [
    {
      name: "one",
      at: { start: { line: 3, character: 10 }, end: { line: 3, character: 13 } },
      rules: ["R"],
      source: { events: [{ "evt.type": "open", "proc.name": "cat" }] },
    },
    {
      name: "two",
      at: { start: { line: 6, character: 10 }, end: { line: 6, character: 13 } },
      rules: ["S"],
      source: { capture: "x.scap" },
    },
  ]);
});

test("a test file that cannot be read has no tests", () => {
  for (const text of ["", "- rule: A", "tests: 5", "tests: [x, {name: [a]}]", "a: &a [*a]\ntests: *a", "{"]) {
    assert.deepEqual(testsOf(text).cases, [], text);
  }
  assert.ok(isTestName("/x/a_test.yaml") && isTestName("/x/a.test.yml") && !isTestName("/x/test.yaml"));
});

test("results are read, of broken files too", () => {
  const document = {
    version: 1,
    files: [
      {
        path: "a_test.yaml",
        problems: [{ line: 2, message: "unknown key `x`", help: "leave it out" }],
        rules_errors: [{ code: "LOAD_ERR", message: "no" }],
        tests: [
          { name: "one", line: 4, passed: true, events: 1, failures: [] },
          { name: "two", line: 7, passed: false, events: 1, failures: [{ message: "missing", line: null, details: "tree" }] },
        ],
      },
    ],
  };
  const [file] = resultsOf(JSON.stringify(document)) ?? [];
  assert.deepEqual(file?.cases, [
    { name: "one", passed: true, failures: [] },
    { name: "two", passed: false, failures: [{ message: "missing", line: undefined, details: "tree" }] },
  ]);
  assert.deepEqual(
    file?.broken.map(({ message, line }) => [message, line]),
    [
      ["unknown key `x`", 2],
      ["the rules do not load: no (LOAD_ERR)", undefined],
    ],
  );
  for (const text of ["", "error: x", "{}", "[]", "null"]) assert.equal(resultsOf(text), undefined);
});

test("settings of runs are read, whatever they hold", () => {
  const from = (values: Record<string, unknown>) => runSettings((key) => values[key]);
  const given = { "run.captures": ["a/*.scap", 1], "run.maxAlerts": 5, "run.saveBefore": false };
  assert.deepEqual(from(given), { captures: ["a/*.scap"], maxAlerts: 5, saveBefore: false });
  assert.deepEqual(from({ "run.captures": 1, "run.maxAlerts": -1, "run.saveBefore": "x" }), from({}));
});
