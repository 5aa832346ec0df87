// The tests of a test file with their places, for the Test Explorer. What is wrong in the file, `falco-rs test` says
// better; here a file that cannot be read simply has no tests. No editor in here.

import { isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";

import type { Span } from "../rules/items";

export interface Case {
  readonly name: string;
  readonly at: Span;
}

/** Names of test files, as `falco-rs test` looks for them. */
export const TEST_GLOB = "**/{*_test,*.test}.{yaml,yml}";

export function isTestName(path: string): boolean {
  return /(?:_test|\.test)\.ya?ml$/.test(path);
}

/** The tests of a test file. */
export function testsOf(text: string): Case[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, strict: false, logLevel: "silent" });
  const root = document.contents;
  if (!isMap(root)) return [];
  const place = (offset: number): Span["start"] => {
    const { line, col } = lines.linePos(offset);
    return { line: line - 1, character: col - 1 };
  };
  const tests = root.get("tests", true);
  return (isSeq(tests) ? tests.items : []).flatMap((node) => {
    const name = isMap(node) ? node.get("name", true) : undefined;
    if (!isScalar(name) || name.range == null) return [];
    const [start, end] = name.range;
    return { name: String(name.value), at: { start: place(start), end: place(end) } };
  });
}
