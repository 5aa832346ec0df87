// Reads parts of values that came from another program: whatever is not as it should be reads as absent or empty.

/** A place as the protocol has it. */
export interface LspRange {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

export function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

export function listOf(value: unknown, key: string): unknown[] {
  const list = field(value, key);
  return Array.isArray(list) ? list : [];
}

export function textOf(value: unknown, key: string): string {
  const text = field(value, key);
  return typeof text === "string" ? text : "";
}

export function numberOf(value: unknown, key: string): number {
  const number = field(value, key);
  return typeof number === "number" ? number : 0;
}

export function rangeOf(value: unknown): LspRange | undefined {
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
