// What is read from the server's own methods.

import assert from "node:assert/strict";
import { test } from "node:test";

import { comparisonsOf, describe, lensCommand, methodsOf, statusOf } from "../src/custom";

test("the server's methods are known from its capabilities", () => {
  const capabilities = { experimental: { "falco-rs": { methods: ["falco-rs/run", 1] } } };
  assert.deepEqual([...methodsOf(capabilities)], ["falco-rs/run"]);
  for (const other of [undefined, {}, { experimental: null }, { experimental: { "falco-rs": { methods: "x" } } }]) {
    assert.equal(methodsOf(other).size, 0);
  }
});

test("lenses of the server lead to our commands", () => {
  assert.equal(lensCommand("falco-rs.run", { uri: "u", rule: "r", capture: "c" }), "falco-rs.runOnCapture");
  assert.equal(lensCommand("falco-rs.run", { uri: "u", rule: "r", live: true }), "falco-rs.tryLive");
  assert.equal(lensCommand("falco-rs.explain", {}), "falco-rs.explainRule");
  assert.equal(lensCommand("falco-rs.tests.run", undefined), "falco-rs.runRuleTests");
  assert.equal(lensCommand("falco-rs.coverage", undefined), "falco-rs.coverRule");
  assert.equal(lensCommand("other", undefined), undefined);
});

test("the status is told in a line", () => {
  const status = statusOf({
    loadSets: [
      { files: ["a", "b"], engineVersion: "0.57.0", errors: 1 },
      { files: ["c"], engineVersion: null, errors: null },
    ],
  });
  assert.ok(status !== undefined);
  assert.equal(describe(status), "3 files in 2 load sets, 1 error, for Falco engine 0.57.0");
  assert.equal(describe({ files: 1, sets: 1, errors: 0, engines: [] }), "1 file");
  for (const other of [undefined, null, {}, { loadSets: 1 }]) assert.equal(statusOf(other), undefined);
});

test("comparisons are read with their counts, broken ones left out", () => {
  const range = { start: { line: 1, character: 2 }, end: { line: 1, character: 9 } };
  const good = { uri: "file:///a", range, text: "a = b", true: 2, false: 1, no_value: 0, decisive: 1 };
  assert.deepEqual(comparisonsOf({ comparisons: [good, { uri: "x" }, null, { ...good, range: { start: 1 } }] }), [
    { uri: "file:///a", range, text: "a = b", held: 2, failed: 1, noValue: 0 },
  ]);
  assert.deepEqual(comparisonsOf(null), []);
});
