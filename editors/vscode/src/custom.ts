// The server's own methods, as docs/lsp-extensions.md tells them. An older server lacks some; then the user is told.

import type { Item } from "./rules/items";

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

/** A place as the protocol has it. */
interface LspRange {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

/** How often a comparison came out which way, in a run or in tests. */
export interface Comparison {
  readonly uri: string;
  readonly range: Item["at"];
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

function rangeOf(value: unknown): LspRange | undefined {
  const place = (which: string): LspRange["start"] | undefined => {
    const at = field(value, which);
    const line = field(at, "line");
    const character = field(at, "character");
    return typeof line === "number" && typeof character === "number" ? { line, character } : undefined;
  };
  const start = place("start");
  const end = place("end");
  return start === undefined || end === undefined ? undefined : { start, end };
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function listOf(value: unknown, key: string): unknown[] {
  const list = field(value, key);
  return Array.isArray(list) ? list : [];
}

function textOf(value: unknown, key: string): string {
  const text = field(value, key);
  return typeof text === "string" ? text : "";
}

function numberOf(value: unknown, key: string): number {
  const number = field(value, key);
  return typeof number === "number" ? number : 0;
}

function sum(values: readonly unknown[], of: (value: unknown) => number): number {
  return values.reduce((total: number, value) => total + of(value), 0);
}
