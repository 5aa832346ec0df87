import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { checkFixture, parseFixture } from "./support/fixture";
import { ROOT, SHARED } from "./support/paths";
import { tokenize, tokenTypes, TokenType } from "./support/tokenize";

const FIXTURES = join(ROOT, "test", "fixtures");

test("the grammar file is what its sources make", () => {
  const run = spawnSync(process.execPath, [join(ROOT, "scripts", "grammar.mjs"), "--check"], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
});

for (const name of readdirSync(FIXTURES)) {
  test(`fixture ${name}`, async () => {
    const fixture = parseFixture(readFileSync(join(FIXTURES, name), "utf8"));
    assert.ok(fixture.expectations.length > 0, "the fixture expects nothing");
    const problems = checkFixture(fixture, await tokenize(fixture.lines));
    assert.equal(problems.length, 0, `\n${problems.join("\n")}`);
  });
}

test("a fixture that expects something wrong fails", async () => {
  const check = async (marks: string): Promise<string[]> => {
    const fixture = parseFixture(`- macro: m\n  condition: proc.name = cat\n${marks}`);
    return checkFixture(fixture, await tokenize(fixture.lines));
  };
  assert.deepEqual(await check("#            ^^^^^^^^^ variable.other.field !comment +meta.embedded"), []);
  assert.match((await check("#            ^^^^^^^^^ comment")).join(), /"proc.name" has no comment/);
  assert.match((await check("#            ^^^^^^^^ variable.other.field")).join(), /goes on after "proc.nam"/);
  assert.match((await check("#             ^^^^^^^^ variable.other.field")).join(), /begins before "roc.name"/);
  assert.match((await check("#            ^^^^^^^^^^ variable.other.field")).join(), /"proc.name " has no variable/);
  assert.match((await check("#            ^^^^^^^^^ !variable")).join(), /"proc.name" has variable/);
  assert.match((await check("#<----- keyword")).join(), /"  cond" has no keyword/);
  assert.match((await check(`#${" ".repeat(40)}^ keyword`)).join(), /beyond the end/);
});

test("brackets inside a quoted condition are code, strings inside it are strings", async () => {
  const lines = [`- macro: m`, `  condition: "(proc.name in ('a(b', \\"c\\"))"`, `  desc: "(text)"`];
  const rows = await tokenTypes(lines);
  const typeAt = (line: number, column: number): TokenType | undefined =>
    rows[line]?.find((token) => token.start <= column && column < token.end)?.type;
  const condition = lines[1] ?? "";
  assert.equal(typeAt(1, condition.indexOf("(")), TokenType.Other);
  assert.equal(typeAt(1, condition.indexOf("('a")), TokenType.Other);
  assert.equal(typeAt(1, condition.indexOf("(b")), TokenType.String);
  assert.equal(typeAt(1, condition.indexOf("))")), TokenType.Other);
  assert.equal(typeAt(1, condition.lastIndexOf(`"`)), TokenType.String);
  assert.equal(typeAt(2, (lines[2] ?? "").indexOf("(")), TokenType.String);
});

// One item broken in many ways; the item after it must not notice.
const BROKEN: Record<string, string[]> = {
  "an unclosed double quote": [`- macro: m`, `  condition: "proc.name = cat`],
  "an unclosed single quote": [`- macro: m`, `  condition: 'proc.name = cat`],
  "an unclosed string": [`- macro: m`, `  condition: proc.name = "cat`],
  "an unclosed list": [`- macro: m`, `  condition: proc.name in (a, b`],
  "an unclosed call": [`- macro: m`, `  condition: tolower(proc.name = x`],
  "an unclosed list in a folded scalar": [`- macro: m`, `  condition: >`, `    proc.name in (a,`],
  "an operator without operand": [`- macro: m`, `  condition: proc.name contains`],
  "an unclosed flow sequence": [`- list: l`, `  items: [a, b`],
  "an unclosed flow mapping": [`- {macro: m, condition: "a`],
  "an unclosed quote in items": [`- list: l`, `  items:`, `    - "a`],
  "an unclosed call in an output": [`- rule: r`, `  output: "%tolower(proc.name`],
  "an unclosed bracket in exceptions": [`- rule: r`, `  exceptions:`, `  - name: x`, `    values: [[a, b`],
  "a key without value": [`- rule: r`, `  exceptions:`],
  "items at the wrong column": [`- list: l`, `items: [a`],
  "override left open": [`- rule: r`, `  override: {condition: append`],
  "a value that starts nowhere": [`- rule: r`, `  condition:`],
  "a block scalar in an unknown key": [`- rule: r`, `  unknown: |`, `    "([{`],
  "an unclosed plugin list": [`- required_plugin_versions: [{name: x`],
};

for (const [what, broken] of Object.entries(BROKEN)) {
  test(`${what} costs the next item nothing`, async () => {
    const next = [`- rule: next`, `  condition: evt.type = open`, `  tags: [t]`];
    const alone = await tokenize(next);
    const after = (await tokenize([...broken, ...next])).slice(broken.length);
    assert.deepEqual(after, alone);
    const spaced = (await tokenize([...broken, "", "# between", ...next])).slice(broken.length + 2);
    assert.deepEqual(spaced, alone);
  });
}

test("a file cut anywhere leaves the item after the cut whole", async () => {
  const next = [`- rule: next`, `  condition: evt.type = open`];
  const alone = await tokenize(next);
  for (const name of readdirSync(FIXTURES)) {
    const { lines } = parseFixture(readFileSync(join(FIXTURES, name), "utf8"));
    const text = lines.join("\n");
    for (let cut = 1; cut < text.length; cut += 7) {
      const before = text.slice(0, cut).split("\n");
      // A JSON file is one flow sequence from its first character to its last: nothing can follow it.
      if (before.some((line) => line.startsWith("["))) break;
      const after = (await tokenize([...before, ...next])).slice(before.length);
      assert.deepEqual(after, alone, `${name} cut after ${JSON.stringify(before.at(-1))}`);
    }
  }
});

test("a long line and deep nesting are tokenized in reasonable time", async () => {
  const start = performance.now();
  const elements = Array.from({ length: 5_000 }, (_, i) => `name_${i}`).join(", ");
  await tokenize([`- macro: m`, `  condition: proc.name in (${elements}) and ${"(".repeat(5_000)}`]);
  assert.ok(performance.now() - start < 5_000);
});

// The official rules are not ours to keep here; where they are at hand they must be coloured to the last character.
const CORPUS = join(SHARED, "corpus");
const corpus = existsSync(CORPUS)
  ? ["falco", "falco-archive", "plugins"].flatMap((folder) =>
      readdirSync(join(CORPUS, folder)).map((name) => join(CORPUS, folder, name)),
    )
  : [];
if (corpus.length === 0) console.error("skipped: ../shared is not here (grammar on the official rules)");

for (const path of corpus.filter((name) => /\.ya?ml$/.test(name))) {
  test(`every word of ${path.slice(CORPUS.length + 1)} has a scope`, async () => {
    const lines = readFileSync(path, "utf8").split(/\r?\n/);
    const rows = await tokenize(lines);
    let heads = 0;
    for (const [index, tokens] of rows.entries()) {
      const line = lines[index] ?? "";
      for (const token of tokens) {
        const text = line.slice(token.start, token.end).trim();
        if (text === "") continue;
        const innermost = token.scopes.at(-1) ?? "";
        assert.ok(innermost !== "" && !/^meta\./.test(innermost), `no scope for ${JSON.stringify(text)} in: ${line}`);
        assert.ok(!token.scopes.some((scope) => scope.startsWith("invalid")), `${JSON.stringify(text)} in: ${line}`);
      }
      if (/^- (rule|macro|list):/.test(line)) {
        heads += 1;
        assert.equal(tokens[2]?.scopes.at(-1), `storage.type.${line.slice(2, line.indexOf(":"))}`, line);
      }
    }
    assert.ok(heads > 0, "no item was seen");
  });
}
