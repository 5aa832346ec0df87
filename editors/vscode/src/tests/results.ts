// Reads the document of `falco-rs test --format json`. No editor in here.

export interface Failure {
  readonly message: string;
  /** One-based line in the test file, where known. */
  readonly line: number | undefined;
  readonly details: string;
}

export interface CaseResult {
  readonly name: string;
  readonly passed: boolean;
  readonly failures: readonly Failure[];
}

export interface FileResult {
  readonly path: string;
  readonly cases: readonly CaseResult[];
  /** Why none of its tests could be run, if so: mistakes in the test file, or rules that do not load. */
  readonly broken: readonly Failure[];
}

/** The results by file; `undefined` when the text is no such document. */
export function resultsOf(stdout: string): FileResult[] | undefined {
  let document: unknown;
  try {
    document = JSON.parse(stdout);
  } catch {
    return undefined;
  }
  const files = field(document, "files");
  if (!Array.isArray(files)) return undefined;
  return files.map((file: unknown) => ({
    path: text(field(file, "path")),
    cases: list(field(file, "tests")).map((test) => ({
      name: text(field(test, "name")),
      passed: field(test, "passed") === true,
      failures: list(field(test, "failures")).map(failure),
    })),
    broken: [
      ...list(field(file, "problems")).map(problem),
      ...list(field(file, "rules_errors")).map((error) => ({
        message: `the rules do not load: ${text(field(error, "message"))} (${text(field(error, "code"))})`,
        line: undefined,
        details: "",
      })),
    ],
  }));
}

function failure(value: unknown): Failure {
  const line = field(value, "line");
  return {
    message: text(field(value, "message")),
    line: typeof line === "number" ? line : undefined,
    details: text(field(value, "details")),
  };
}

function problem(value: unknown): Failure {
  return { ...failure(value), details: text(field(value, "help")) };
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
