// The items of rules files, and how the tree puts them together.

import assert from "node:assert/strict";
import { test } from "node:test";

import { groupsOf, type Placed } from "../src/rules/groups";
import { itemsOf } from "../src/rules/items";

const FILE = `# comment
- required_engine_version: 0.50.0
- list: shells
  items: [sh]
- macro: "is a shell"
  condition: proc.name in (shells)
- rule: First
  condition: >
    evt.type = open
  priority: WARNING
  tags: [a, T1059]
- rule: Second
  condition: never_true
  priority: info
  enabled: false
  source: k8s_audit
- rule: First
  enabled: false
- rule: First
  condition: and x
  override: {condition: append}
`;

test("items are found with their names' places", () => {
  const items = itemsOf(FILE);
  assert.deepEqual(
    items.map(({ kind, name, changes }) => [kind, name, changes]),
    [
      ["list", "shells", false],
      ["macro", "is a shell", false],
      ["rule", "First", false],
      ["rule", "Second", false],
      ["rule", "First", true],
      ["rule", "First", true],
    ],
  );
  const [, macro, first, second] = items;
  assert.deepEqual(macro?.at, { start: { line: 4, character: 9 }, end: { line: 4, character: 21 } });
  assert.deepEqual([first?.whole.start.line, first?.priority, first?.tags], [6, "WARNING", ["a", "T1059"]]);
  assert.deepEqual([second?.enabled, second?.source, second?.tags], [false, "k8s_audit", []]);
});

test("a broken file gives what can be read, and other files nothing", () => {
  assert.deepEqual(
    itemsOf("- rule: A\n  condition: (\n- rule: B\n  condition: [x\n").map(({ name }) => name),
    ["A", "B"],
  );
  for (const text of ["", "a: b", "- x", "- rule: [a]", "{", "[[[[", "\u0000", "- rule:\n"]) assert.doesNotThrow(() => itemsOf(text));
  assert.deepEqual(itemsOf("a: b"), []);
  assert.deepEqual(itemsOf("[".repeat(100_000)), []);
});

const placed: Placed[] = itemsOf(FILE).map((item) => ({ item, uri: "file:///a.yaml", file: "a.yaml" }));
const shape = (by: "file" | "priority" | "tag") =>
  groupsOf(placed, by).map(({ label, members }) => [label, members.map(({ item }) => item.name)]);

test("by file everything is shown, by priority and tag the rules that stand for themselves", () => {
  assert.deepEqual(shape("file"), [["a.yaml", ["shells", "is a shell", "First", "Second", "First", "First"]]]);
  assert.deepEqual(shape("priority"), [
    ["Warning", ["First"]],
    ["Informational", ["Second"]],
  ]);
  assert.deepEqual(shape("tag"), [
    ["a", ["First"]],
    ["T1059", ["First"]],
    ["without tags", ["Second"]],
  ]);
});
