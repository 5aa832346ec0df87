// Reads the results of rule tests. No editor in here.

import { field, listOf, textOf } from "../json";

export interface Failure {
  readonly message: string;
  /** One-based line in the test file, where known. */
  readonly line: number | undefined;
  readonly details: string;
}

export interface CaseResult {
  readonly name: string;
  readonly passed: boolean;
  /** Why it was not run, if so. */
  readonly skipped: string | undefined;
  readonly failures: readonly Failure[];
}

export interface FileResult {
  readonly path: string;
  readonly cases: readonly CaseResult[];
  /** Why none of its tests could be run, if so: mistakes in the test file, or rules that do not load. */
  readonly broken: readonly Failure[];
}

/** The results by file, of `falco-rs/tests/run` and `falco-rs/coverage`. */
export function resultsOf(answer: unknown): FileResult[] {
  return listOf(answer, "files").map((file) => ({
    path: textOf(file, "path"),
    cases: listOf(file, "tests").map((test) => {
      const skipped = field(test, "skipped");
      return {
        name: textOf(test, "name"),
        passed: field(test, "passed") === true,
        skipped: typeof skipped === "string" ? skipped : undefined,
        failures: listOf(test, "failures").map(failure),
      };
    }),
    broken: [
      ...listOf(file, "problems").map(problem),
      ...listOf(file, "rules_errors").map((error) => ({
        message: `the rules do not load: ${textOf(error, "message")} (${textOf(error, "code")})`,
        line: undefined,
        details: "",
      })),
    ],
  }));
}

function failure(value: unknown): Failure {
  const line = field(value, "line");
  return {
    message: textOf(value, "message"),
    line: typeof line === "number" ? line : undefined,
    details: textOf(value, "details"),
  };
}

function problem(value: unknown): Failure {
  return { ...failure(value), details: textOf(value, "help") };
}

/** The texts of `falco-rs/tests/explain`, one after the other. */
export function explanationOf(answer: unknown): string {
  const texts = listOf(answer, "explanations").map((each) => textOf(each, "text").trimEnd());
  const head = `Test: ${textOf(answer, "name")}`;
  if (texts.length > 0) return `${[head, ...texts].join("\n\n")}\n`;
  return `${head}\n\nIt expects no alert and names no rule, so there is no rule to explain. \`only: [RULE]\` in the test names one.\n`;
}
