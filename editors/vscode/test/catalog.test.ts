// The words that the grammar and the detection know are the catalogue's. Its tables are read as text, entry by entry:
// they are Rust, but plain lists.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import * as language from "../grammar/language.mjs";
import { ITEM_KEYS } from "../src/detect";
import { ROOT } from "./support/paths";
import { tokenize } from "./support/tokenize";

const CATALOG = join(ROOT, "..", "..", "crates", "catalog", "src");
const source = (name: string): string => readFileSync(join(CATALOG, name), "utf8");

const sorted = (words: Iterable<string>): string[] => [...new Set(words)].sort();

/** The groups of every match; there must be some, or the table is not where it was. */
function entries(text: string, pattern: RegExp): string[][] {
  const found = [...text.matchAll(pattern)].map((match) => match.slice(1));
  assert.ok(found.length > 1, `no entries for ${pattern}`);
  return found;
}

test("operators, modifiers and transformers are the catalogue's", () => {
  const text = source("language.rs");
  const operators = entries(text, /^\s*operator_info\("([^"]+)", OperatorKind::(\w+),/gm);
  const ofKind = (...kinds: string[]): string[] =>
    operators.filter(([, kind]) => kinds.includes(kind ?? "")).map(([name]) => name ?? "");
  const isWord = (name: string): boolean => /^[a-z]/.test(name);
  assert.deepEqual(sorted(language.LIST_OPERATORS), sorted(ofKind("List")));
  assert.deepEqual(sorted(language.WORD_OPERATORS), sorted(ofKind("String").filter(isWord)));
  const symbols = ofKind("String", "Order").filter((name) => !isWord(name));
  assert.deepEqual(sorted(language.SYMBOL_OPERATORS), sorted(symbols));
  assert.deepEqual(ofKind("Unary"), ["exists"]);

  const transformers = entries(text, /^\s*transformer_info\("([^"]+)"/gm);
  assert.deepEqual(sorted(language.TRANSFORMERS), sorted(transformers.flat()));

  const modifiers = /pub const MODIFIERS: \[&str; \d+\] = \[([^\]]+)\]/.exec(text)?.[1] ?? "";
  assert.deepEqual(sorted(language.MODIFIERS), sorted(entries(modifiers, /"(\w+)"/g).flat()));
});

test("a word that begins with another comes before it", () => {
  for (const words of [language.WORD_OPERATORS, language.LIST_OPERATORS, language.SYMBOL_OPERATORS]) {
    for (const [index, word] of words.entries()) {
      for (const later of words.slice(index + 1)) assert.ok(!later.startsWith(word), `${word} hides ${later}`);
    }
  }
});

test("the keys of items are the catalogue's", async () => {
  const keys = entries(source("keys.rs"), /\bkey\(I::(\w+), "([^"]+)"/g);
  const keysOf = (...items: string[]): string[] =>
    keys.filter(([item]) => items.includes(item ?? "")).map(([, name]) => name ?? "");

  assert.deepEqual(sorted(language.OVERRIDABLE), sorted(keysOf("RuleOverride", "MacroOverride", "ListOverride")));
  for (const [head, known] of ITEM_KEYS) {
    const item = head.charAt(0).toUpperCase() + head.slice(1);
    assert.deepEqual(sorted([head, ...known]), sorted(keysOf(item)), head);
  }

  const scopeOf = async (lines: string[], key: string): Promise<string> => {
    const line = lines.at(-1) ?? "";
    const column = line.indexOf(key);
    const row = (await tokenize(lines)).at(-1) ?? [];
    return row.find((token) => token.start <= column && column < token.end)?.scopes.at(-1) ?? "";
  };
  const known = /^(?:storage\.type|keyword\.control|support\.type\.property-name)\b/;
  for (const key of keysOf("Rule", "Macro", "List", "EngineVersion", "PluginVersions")) {
    assert.match(await scopeOf([`- ${key}: x`], key), known, key);
  }
  for (const key of keysOf("PluginRequirement", "PluginAlternative")) {
    assert.match(await scopeOf([`- required_plugin_versions:`, `  - ${key}: x`], key), known, key);
  }
  for (const key of keysOf("Exception")) {
    assert.match(await scopeOf([`- rule: r`, `  exceptions:`, `  - ${key}: x`], key), known, key);
  }
  assert.doesNotMatch(await scopeOf([`- colour: x`], "colour"), known);
});
