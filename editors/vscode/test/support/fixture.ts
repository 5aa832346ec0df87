// Grammar fixtures: a rules file with lines that say which scopes the line above has, and where.
//
//     - macro: m
//     # ^^^^^ storage.type.macro
//       condition: proc.name = cat
//     #            ^^^^^^^^^^^^^^^ +meta.embedded.condition
//     #            ^^^^^^^^^ variable.other.field
//     #<- punctuation.definition.sequence.item       (`<` and each `-` mark a column, from the first one on)
//
// These lines are taken out before the file is tokenized. What follows the marks:
//   scope    every marked column has it, and the columns on both sides do not: the marks are its extent
//   +scope   every marked column has it, the neighbours may
//   !scope   no marked column has it
// A scope is named by its first parts: `string` stands for `string.quoted.double`.

import type { Token } from "./tokenize";

interface Expectation {
  /** Line of the fixture, from 1, for messages. */
  readonly line: number;
  /** Index of the source line that it speaks about. */
  readonly source: number;
  readonly start: number;
  readonly end: number;
  readonly kind: "extent" | "within" | "absent";
  readonly scope: string;
}

export interface Fixture {
  readonly lines: readonly string[];
  readonly expectations: readonly Expectation[];
}

const MARKS = /^#(?:( *)(\^+)|(<-*)) +(\S.*)$/;

export function parseFixture(text: string): Fixture {
  const lines: string[] = [];
  const expectations: Expectation[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const marks = MARKS.exec(line);
    if (marks === null) {
      lines.push(line);
      continue;
    }
    if (lines.length === 0) throw new Error(`line ${index + 1}: there is no line above to speak about`);
    const [, blanks = "", carets, arrow = "", scopes = ""] = marks;
    const start = carets === undefined ? 0 : blanks.length + 1;
    const end = start + (carets ?? arrow).length;
    for (const word of scopes.trim().split(/ +/)) {
      const kind = word.startsWith("+") ? "within" : word.startsWith("!") ? "absent" : "extent";
      const scope = kind === "extent" ? word : word.slice(1);
      expectations.push({ line: index + 1, source: lines.length - 1, start, end, kind, scope });
    }
  }
  return { lines, expectations };
}

function scopesAt(tokens: readonly Token[], column: number): readonly string[] {
  return tokens.find((token) => token.start <= column && column < token.end)?.scopes ?? [];
}

function has(scopes: readonly string[], wanted: string): boolean {
  return scopes.some((scope) => scope === wanted || scope.startsWith(`${wanted}.`));
}

/** What is wrong, one message for each expectation that fails. */
export function checkFixture(fixture: Fixture, tokens: readonly (readonly Token[])[]): string[] {
  const problems: string[] = [];
  for (const expectation of fixture.expectations) {
    const source = fixture.lines[expectation.source] ?? "";
    const row = tokens[expectation.source] ?? [];
    const { start, end, kind, scope } = expectation;
    const text = source.slice(start, end);
    const complain = (what: string): void => {
      const seen = row
        .filter((token) => token.start < end + 1 && token.end > start - 1)
        .map((token) => `    ${JSON.stringify(source.slice(token.start, token.end))} ${token.scopes.join(" ")}`);
      problems.push(`line ${expectation.line}: ${what}\n    ${source}\n${seen.join("\n")}`);
    };
    if (end > source.length) {
      complain(`the marks reach beyond the end of the line`);
      continue;
    }
    const columns = Array.from({ length: end - start }, (_, i) => start + i);
    const marked = columns.filter((column) => has(scopesAt(row, column), scope)).length;
    if (kind === "absent") {
      if (marked > 0) complain(`${JSON.stringify(text)} has ${scope}`);
      continue;
    }
    if (marked < columns.length) {
      complain(`${JSON.stringify(text)} has no ${scope}`);
      continue;
    }
    if (kind === "extent") {
      if (start > 0 && has(scopesAt(row, start - 1), scope)) complain(`${scope} begins before ${JSON.stringify(text)}`);
      if (end < source.length && has(scopesAt(row, end), scope)) complain(`${scope} goes on after ${JSON.stringify(text)}`);
    }
  }
  return problems;
}
