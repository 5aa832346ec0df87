// The items of a rules file, as far as lists and lenses need them. The language server reads files with far more care;
// this works without it, and on files that nobody has opened. No editor in here.

import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type YAMLMap } from "yaml";

/** A place in a text: both zero-based, characters in UTF-16 units, as editors count. */
export interface Place {
  readonly line: number;
  readonly character: number;
}

export interface Span {
  readonly start: Place;
  readonly end: Place;
}

export type ItemKind = "rule" | "macro" | "list";

export interface Item {
  readonly kind: ItemKind;
  readonly name: string;
  /** Where the name stands. */
  readonly at: Span;
  /** Where the whole item stands. */
  readonly whole: Span;
  /** As written; only rules have one. */
  readonly priority: string | undefined;
  readonly tags: readonly string[];
  readonly source: string | undefined;
  readonly enabled: boolean;
  /** It changes an item that stands elsewhere, by `append`, `override` or by nothing but `enabled`. */
  readonly changes: boolean;
}

const KINDS: readonly ItemKind[] = ["rule", "macro", "list"];

/** Every rule, macro and list of a rules file. Of a broken file, those that can be read. */
export function itemsOf(text: string): Item[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: false, strict: false, logLevel: "silent" });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line - 1, 0), character: Math.max(col - 1, 0) };
  };
  const span = (range: readonly number[] | null | undefined): Span => {
    const [start = 0, end = start] = range ?? [];
    return { start: place(start), end: place(end) };
  };

  const items: Item[] = [];
  for (const document of Array.isArray(documents) ? documents : []) {
    if (!isSeq(document.contents)) continue;
    for (const node of document.contents.items) {
      if (!isMap(node)) continue;
      const kind = KINDS.find((each) => node.has(each));
      if (kind === undefined) continue;
      const name = node.get(kind, true);
      if (!isScalar(name)) continue;
      items.push({
        kind,
        name: String(name.value ?? ""),
        at: span(name.range),
        whole: span(node.range),
        priority: kind === "rule" ? textOf(node, "priority") : undefined,
        tags: textsOf(node, "tags"),
        source: kind === "rule" ? textOf(node, "source") : undefined,
        enabled: textOf(node, "enabled") !== "false",
        changes: isChange(node, kind),
      });
    }
  }
  return items;
}

/** An item without what makes a new one of its kind can only change another. */
function isChange(node: YAMLMap, kind: ItemKind): boolean {
  if (node.has("override") || textOf(node, "append") === "true") return true;
  return kind === "rule" && !node.has("condition");
}

function textOf(node: YAMLMap, key: string): string | undefined {
  const value: unknown = node.get(key);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

function textsOf(node: YAMLMap, key: string): string[] {
  const value = node.get(key, true);
  if (!isSeq(value)) return [];
  return value.items.flatMap((item) => (isScalar(item) && item.value !== null ? [String(item.value)] : []));
}
