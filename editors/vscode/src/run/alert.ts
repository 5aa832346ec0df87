// Alerts as `falco-rs run --json` prints them. No editor in here.

export interface Alert {
  readonly rule: string;
  readonly priority: string;
  /** The output, without time and priority where the alert has it so. */
  readonly output: string;
  readonly time: string;
  /** The event's number in its recording, when the alert tells it. */
  readonly event: number | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
  /** The line as it came. */
  readonly json: string;
}

/** Reads a line; `undefined` when it is no alert. */
export function alertOf(line: string): Alert | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { rule, priority, output, message, time, output_fields: fields } = value as Record<string, unknown>;
  if (typeof rule !== "string") return undefined;
  const known = typeof fields === "object" && fields !== null ? (fields as Record<string, unknown>) : {};
  const number = Number(known["evt.num"]);
  return {
    rule,
    priority: typeof priority === "string" ? priority : "",
    output: typeof message === "string" ? message : typeof output === "string" ? output : "",
    time: typeof time === "string" ? time : "",
    event: Number.isSafeInteger(number) && number > 0 ? number : undefined,
    fields: known,
    json: line,
  };
}
