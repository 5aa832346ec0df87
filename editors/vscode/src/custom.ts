// The server's own methods, as docs/lsp-extensions.md tells them. An older server lacks some; then the user is told.

import { field, listOf, numberOf, rangeOf, textOf, type LspRange } from "./json";

/** What the server's capabilities say of its own methods. */
export function methodsOf(capabilities: { experimental?: unknown } | undefined): ReadonlySet<string> {
  const ours = field(field(capabilities, "experimental"), "falco-rs");
  const methods = field(ours, "methods");
  return new Set(Array.isArray(methods) ? methods.filter((each): each is string => typeof each === "string") : []);
}

/** Our command for one of a lens of the server's. */
export function lensCommand(command: string, argument: unknown): string | undefined {
  switch (command) {
    case "falco-rs.run":
      return field(argument, "live") === true ? "falco-rs.tryLive" : "falco-rs.runOnCapture";
    case "falco-rs.explain":
      return "falco-rs.explainRule";
    case "falco-rs.tests.run":
      return "falco-rs.runRuleTests";
    case "falco-rs.coverage":
      return "falco-rs.coverRule";
    default:
      return undefined;
  }
}

/** What the server works on. */
export interface ServerStatus {
  /** How many files are loaded, in how many sets that load together. */
  readonly files: number;
  readonly sets: number;
  readonly errors: number;
  /** Engine versions that the sets are judged for, without repetition. */
  readonly engines: readonly string[];
}

/** Reads the result of `falco-rs/status`. */
export function statusOf(value: unknown): ServerStatus | undefined {
  const sets = field(value, "loadSets");
  if (!Array.isArray(sets)) return undefined;
  const engines = sets.map((set) => field(set, "engineVersion")).filter((each): each is string => typeof each === "string");
  return {
    files: sum(sets, (set) => listOf(set, "files").length),
    sets: sets.length,
    errors: sum(sets, (set) => numberOf(set, "errors")),
    engines: [...new Set(engines)],
  };
}

/** The status in a line for people. */
export function describe({ files, sets, errors, engines }: ServerStatus): string {
  const many = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
  const parts = [sets > 1 ? `${many(files, "file")} in ${sets} load sets` : many(files, "file")];
  if (errors > 0) parts.push(many(errors, "error"));
  if (engines.length > 0) parts.push(`for Falco engine ${engines.join(", ")}`);
  return parts.join(", ");
}

/** The result of `falco-rs/status` as a text: what is loaded, in load order. */
export function statusText(value: unknown): string {
  const live = field(value, "live") === true ? "can be watched" : "cannot be watched";
  const lines = [
    `falco-rs ${textOf(value, "version")}`,
    `The running kernel ${live} by the server; \`falco-rs doctor\` tells more.`,
  ];
  for (const [i, set] of listOf(value, "loadSets").entries()) {
    const engine = textOf(set, "engineVersion");
    const errors = numberOf(set, "errors");
    lines.push("", `Load set ${i + 1}: ${errors === 0 ? "loads" : `${errors} errors`}${engine === "" ? "" : `, for Falco engine ${engine}`}`);
    for (const [n, file] of listOf(set, "files").entries()) lines.push(`  ${n + 1}. ${String(file)}`);
  }
  return `${lines.join("\n")}\n`;
}

/** How often a comparison came out which way, in a run or in tests. */
export interface Comparison {
  readonly uri: string;
  readonly range: LspRange;
  readonly text: string;
  readonly held: number;
  readonly failed: number;
  readonly noValue: number;
}

/** Reads the `comparisons` of a result. */
export function comparisonsOf(value: unknown): Comparison[] {
  return listOf(value, "comparisons").flatMap((each) => {
    const uri = field(each, "uri");
    const range = rangeOf(field(each, "range"));
    if (typeof uri !== "string" || range === undefined) return [];
    return {
      uri,
      range,
      text: textOf(each, "text"),
      held: numberOf(each, "true"),
      failed: numberOf(each, "false"),
      noValue: numberOf(each, "no_value"),
    };
  });
}

function sum(values: readonly unknown[], of: (value: unknown) => number): number {
  return values.reduce((total: number, value) => total + of(value), 0);
}
