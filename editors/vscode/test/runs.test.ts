// What is read from the answers to runs and tests, and how it is told.

import assert from "node:assert/strict";
import { test } from "node:test";

import { brief, lacks, runResultOf, summary, type RuleResult } from "../src/run/results";
import { runSettings } from "../src/settings";
import { isTestName, testsOf } from "../src/tests/cases";
import { explanationOf, resultsOf } from "../src/tests/results";

const RANGE = { start: { line: 5, character: 24 }, end: { line: 5, character: 45 } };
const RUN = {
  version: 1,
  capture: "/x/web.scap",
  events: 43,
  damage: null,
  rules: [
    {
      rule: "R",
      judged: 12,
      matched: 1,
      alerts: [{ event: 20, time: "t", priority: "Warning", output: "o", output_fields: { "proc.name": "cat" } }],
      misses: [
        { event: 7, distance: 1, count: 2, failing: [{ uri: "u", range: RANGE, text: "a = b", value: null, needs: "b" }] },
        { event: 9, distance: 2, count: 5, failing: [{ uri: "u", text: "no place" }] },
      ],
    },
  ],
};

test("a run's alerts and near misses are read", () => {
  const { rules, capture } = runResultOf(RUN);
  assert.equal(capture, "/x/web.scap");
  const [rule] = rules;
  const [alert] = rule?.alerts ?? [];
  assert.deepEqual([alert?.rule, alert?.event, alert?.priority], ["R", 20, "Warning"]);
  // The server's commands take it as Falco's alert.
  assert.deepEqual(JSON.parse(alert?.json ?? ""), {
    rule: "R",
    priority: "Warning",
    output: "o",
    time: "t",
    output_fields: { "proc.name": "cat" },
  });
  assert.deepEqual(
    rule?.misses.map((miss) => [miss.rule, miss.event, lacks(miss)]),
    [
      ["R", 7, ["a = b: is absent, needs b"]],
      ["R", 9, []],
    ],
  );
  assert.equal(rule && brief(rule), "1 alert · 2 near misses");
  assert.equal(summary(runResultOf(RUN)), "1 alert on 43 events.");
  assert.equal(
    summary(runResultOf({ ...RUN, rules: [], damage: "short block" })),
    "0 alerts on 43 events. The recording could not be read to its end: short block.",
  );
  assert.deepEqual(runResultOf(null), { capture: "", events: 0, damage: undefined, rules: [] });
});

test("a rule without alerts tells how near it was", () => {
  const rule = (more: Partial<RuleResult>): string => brief({ rule: "R", judged: 3, matched: 0, alerts: [], misses: [], ...more });
  const miss = (distance: number, count: number) => ({ rule: "R", event: 1, distance, count, failing: [] });
  assert.equal(rule({ misses: [miss(3, 9)] }), "0 alerts · nearest 3 comparisons away");
  assert.equal(rule({ misses: [miss(1, 1)] }), "0 alerts · 1 near miss");
  assert.equal(rule({ judged: 0 }), "0 alerts · no event of its kinds");
});

const TESTS = `rules: [a.yaml]
tests:
  - name: one
    events: []
  - {events: []}
  - name: two
    capture: x.scap
`;

test("tests are found with their places", () => {
  const at = (line: number) => ({ start: { line, character: 10 }, end: { line, character: 13 } });
  assert.deepEqual(testsOf(TESTS), [
    { name: "one", at: at(2) },
    { name: "two", at: at(5) },
  ]);
});

test("a test file that cannot be read has no tests", () => {
  for (const text of ["", "- rule: A", "tests: 5", "tests: [x, {name: [a]}]", "a: &a [*a]\ntests: *a", "{"]) {
    assert.deepEqual(testsOf(text), [], text);
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
          { name: "three", line: 9, passed: false, skipped: "no probe", events: 0, failures: [] },
          { name: "two", line: 7, passed: false, events: 1, failures: [{ message: "missing", line: null, details: "tree" }] },
        ],
      },
    ],
  };
  const [file] = resultsOf(document);
  assert.deepEqual(file?.cases, [
    { name: "one", passed: true, skipped: undefined, failures: [] },
    { name: "three", passed: false, skipped: "no probe", failures: [] },
    { name: "two", passed: false, skipped: undefined, failures: [{ message: "missing", line: undefined, details: "tree" }] },
  ]);
  assert.deepEqual(
    file?.broken.map(({ message, line }) => [message, line]),
    [
      ["unknown key `x`", 2],
      ["the rules do not load: no (LOAD_ERR)", undefined],
    ],
  );
  for (const other of [undefined, null, {}, []]) assert.deepEqual(resultsOf(other), []);
});

test("a test's explanations are one text", () => {
  const answer = { name: "t", explanations: [{ text: "tree\n" }, { text: "other\n" }] };
  assert.equal(explanationOf(answer), "Test: t\n\ntree\n\nother\n");
  assert.match(explanationOf({ name: "t", explanations: [] }), /^Test: t\n\nIt expects no alert/);
});

test("settings of runs are read, whatever they hold", () => {
  const from = (values: Record<string, unknown>) => runSettings((key) => values[key]);
  assert.deepEqual(from({ "run.captures": ["a/*.scap", 1], "run.liveSeconds": 5 }), { captures: ["a/*.scap"], liveSeconds: 5 });
  assert.deepEqual(from({ "run.captures": 1, "run.liveSeconds": -1 }), from({}));
  assert.equal(from({ "run.liveSeconds": 10_000 }).liveSeconds, 600);
});
