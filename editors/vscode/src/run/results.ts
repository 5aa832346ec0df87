// What `falco-rs/run` says, and how it is told. No editor in here.

import { field, listOf, numberOf, rangeOf, textOf, type LspRange } from "../json";

export interface Alert {
  readonly rule: string;
  readonly priority: string;
  readonly output: string;
  readonly time: string;
  /** The event's number in the recording. */
  readonly event: number;
  readonly fields: Readonly<Record<string, unknown>>;
  /** As Falco would print it in JSON. */
  readonly json: string;
}

/** A comparison that kept an event from matching. */
export interface Failing {
  readonly uri: string;
  readonly range: LspRange;
  readonly text: string;
  readonly value: string | undefined;
  readonly needs: string;
}

/** Events that the same comparisons kept from matching. */
export interface Miss {
  readonly rule: string;
  /** The first of them. */
  readonly event: number;
  /** How many comparisons. */
  readonly distance: number;
  /** How many events. */
  readonly count: number;
  readonly failing: readonly Failing[];
}

export interface RuleResult {
  readonly rule: string;
  /** How many events it could match at all. */
  readonly judged: number;
  readonly matched: number;
  /** The first of those that matched. */
  readonly alerts: readonly Alert[];
  readonly misses: readonly Miss[];
}

export interface RunResult {
  /** The recording, also of a live run. */
  readonly capture: string;
  readonly events: number;
  /** Why the recording could not be read to its end. */
  readonly damage: string | undefined;
  readonly rules: readonly RuleResult[];
}

/** Reads the answer to `falco-rs/run`. */
export function runResultOf(answer: unknown): RunResult {
  const damage = textOf(answer, "damage");
  return {
    capture: textOf(answer, "capture"),
    events: numberOf(answer, "events"),
    damage: damage === "" ? undefined : damage,
    rules: listOf(answer, "rules").map((entry) => {
      const rule = textOf(entry, "rule");
      return {
        rule,
        judged: numberOf(entry, "judged"),
        matched: numberOf(entry, "matched"),
        alerts: listOf(entry, "alerts").map((alert) => alertOf(rule, alert)),
        misses: listOf(entry, "misses").map((miss) => missOf(rule, miss)),
      };
    }),
  };
}

function alertOf(rule: string, value: unknown): Alert {
  const [priority, output, time] = [textOf(value, "priority"), textOf(value, "output"), textOf(value, "time")];
  const known = field(value, "output_fields");
  const fields = typeof known === "object" && known !== null ? (known as Record<string, unknown>) : {};
  const json = JSON.stringify({ rule, priority, output, time, output_fields: fields });
  return { rule, priority, output, time, event: numberOf(value, "event"), fields, json };
}

function missOf(rule: string, value: unknown): Miss {
  const failing = listOf(value, "failing").flatMap((each) => {
    const range = rangeOf(field(each, "range"));
    if (range === undefined) return [];
    const seen = field(each, "value");
    return {
      uri: textOf(each, "uri"),
      range,
      text: textOf(each, "text"),
      value: typeof seen === "string" ? seen : undefined,
      needs: textOf(each, "needs"),
    };
  });
  return { rule, event: numberOf(value, "event"), distance: numberOf(value, "distance"), count: numberOf(value, "count"), failing };
}

/** A count with its word. */
export function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** How many events a single comparison kept from matching, as far as the result tells. */
function near(misses: readonly Miss[]): number {
  return misses.filter(({ distance }) => distance === 1).reduce((total, { count }) => total + count, 0);
}

/** A rule's result in a few words, for the end of its line. */
export function brief({ judged, matched, misses }: RuleResult): string {
  const parts = [many(matched, "alert")];
  const count = near(misses);
  const nearest = misses[0];
  if (count > 0) parts.push(count === 1 ? "1 near miss" : `${count} near misses`);
  else if (matched === 0 && nearest !== undefined) parts.push(`nearest ${many(nearest.distance, "comparison")} away`);
  else if (matched === 0 && judged === 0) parts.push("no event of its kinds");
  return parts.join(" · ");
}

/** A run in a sentence for people. */
export function summary({ events, damage, rules }: RunResult): string {
  const matched = rules.reduce((sum, rule) => sum + rule.matched, 0);
  const parts = [`${many(matched, "alert")} on ${many(events, "event")}.`];
  if (damage !== undefined) parts.push(`The recording could not be read to its end: ${damage}.`);
  return parts.join(" ");
}

/** What a near miss lacked, a line for each comparison. */
export function lacks({ failing }: Miss): string[] {
  return failing.map(({ text, value, needs }) => `${text}: is ${value ?? "absent"}, needs ${needs}`);
}
