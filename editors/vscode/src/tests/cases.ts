// The tests of a test file with their places, for the Test Explorer. What is wrong in the file, `falco-rs test` says
// better; here a file that cannot be read simply has no tests. No editor in here.

import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from "yaml";

import type { Span } from "../rules/items";

export interface Case {
  readonly name: string;
  readonly at: Span;
  /** The rules that the test speaks of: those that it expects, and those that it alone judges. */
  readonly rules: readonly string[];
  /** A recording, relative to the test file; or made-up events, with the defaults applied. */
  readonly source: { readonly capture: string } | { readonly events: readonly Readonly<Record<string, unknown>>[] };
}

export interface TestFile {
  /** Rules files and folders, relative to the test file. */
  readonly rules: readonly string[];
  readonly cases: readonly Case[];
}

/** Names of test files, as `falco-rs test` looks for them. */
export const TEST_GLOB = "**/{*_test,*.test}.{yaml,yml}";

export function isTestName(path: string): boolean {
  return /(?:_test|\.test)\.ya?ml$/.test(path);
}

/** What a test file holds. */
export function testsOf(text: string): TestFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, strict: false, logLevel: "silent" });
  const root = document.contents;
  if (!isMap(root)) return { rules: [], cases: [] };

  const plain = (node: unknown): unknown => {
    if (node === undefined || node === null) return node;
    try {
      // Aliases are few in such files; the bound keeps hostile ones small.
      return (node as Node).toJS(document, { maxAliasCount: 100 });
    } catch {
      return undefined;
    }
  };
  const defaults = record(plain(root.get("defaults", true)));
  const tests = root.get("tests", true);
  const cases: Case[] = [];
  for (const node of isSeq(tests) ? tests.items : []) {
    if (!isMap(node)) continue;
    const name = node.get("name", true);
    if (!isScalar(name) || name.range == null) continue;
    const [start, end] = name.range;
    const place = (offset: number): Span["start"] => {
      const { line, col } = lines.linePos(offset);
      return { line: line - 1, character: col - 1 };
    };
    const expected = array(plain(node.get("expect", true))).map((each) => record(each)["rule"]);
    const only = array(plain(node.get("only", true)));
    const capture = plain(node.get("capture", true));
    cases.push({
      name: String(name.value),
      at: { start: place(start), end: place(end) },
      rules: [...new Set([...expected, ...only].filter((rule): rule is string => typeof rule === "string"))],
      source:
        typeof capture === "string"
          ? { capture }
          : { events: array(plain(node.get("events", true))).map((event) => withDefaults(record(event), defaults)) },
    });
  }
  const rules = array(plain(root.get("rules", true))).filter((path): path is string => typeof path === "string");
  return { rules, cases };
}

/** An event's fields: its own over the defaults, and `null` takes a default back. */
function withDefaults(event: Record<string, unknown>, defaults: Record<string, unknown>): Record<string, unknown> {
  const merged = Object.entries({ ...defaults, ...event });
  return Object.fromEntries(merged.filter(([, value]) => value !== null && value !== undefined));
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function array(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
