// Tells Falco rules files from other YAML by their text. No editor in here: this is plain text in, verdict out.

/** The language id of Falco rules files. */
export const FALCO_RULES = "falco-rules";

/** What a YAML text looks like. */
export type Verdict =
  /** A sequence with an item of the rules language near its top. */
  | "rules"
  /** One mapping: whatever it is, Falco refuses it as a rules file. */
  | "mapping"
  /** Something else. */
  | "other"
  /** Blanks and comments only: it may become anything. */
  | "empty";

/** Heads that no other kind of file is known to have. */
const CERTAIN_HEADS = new Set(["required_engine_version", "required_plugin_versions"]);

/** Heads that are common words, with the keys that an item of that kind has. */
export const ITEM_KEYS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    "rule",
    new Set([
      "condition",
      "output",
      "desc",
      "priority",
      "source",
      "enabled",
      "tags",
      "exceptions",
      "append",
      "override",
      "warn_evttypes",
      "skip-if-unknown-filter",
      "capture",
      "capture_duration",
    ]),
  ],
  ["macro", new Set(["condition", "append", "override"])],
  ["list", new Set(["items", "append", "override"])],
]);

/** How much of a text is looked at. A rules file shows itself at its top, and large YAML files are often data. */
const MAX_LINES = 2_000;
const MAX_LINE_LENGTH = 1_000;
const MAX_ITEMS = 20;

const KEY = /^(?:"([^"]+)"|'([^']+)'|([A-Za-z_][\w.-]*))\s*:(?=\s|$)/;

function keyOf(text: string): string | undefined {
  const match = KEY.exec(text);
  return match === null ? undefined : (match[1] ?? match[2] ?? match[3]);
}

/** Whether an item with these keys belongs to a rules file. One that is only begun is given the benefit of the doubt. */
function isItem(keys: ReadonlySet<string>): boolean {
  for (const key of keys) {
    if (CERTAIN_HEADS.has(key)) return true;
    const known = ITEM_KEYS.get(key);
    if (known === undefined) continue;
    if (keys.size === 1) return true;
    for (const other of keys) if (known.has(other)) return true;
  }
  return false;
}

/** The keys of a flow mapping's first line, as far as they can be told without parsing what lies between. */
function flowKeys(text: string): Set<string> {
  const keys = new Set<string>();
  for (const match of text.matchAll(/[{,]\s*(?:"([^"]+)"|'([^']+)'|([A-Za-z_][\w.-]*))\s*:/g)) {
    const key = match[1] ?? match[2] ?? match[3];
    if (key !== undefined) keys.add(key);
  }
  return keys;
}

/** The lines that carry content, with their indentation. */
function* contentLines(text: string): Generator<{ indent: number; body: string }> {
  let start = text.startsWith("\uFEFF") ? 1 : 0;
  for (let count = 0; count < MAX_LINES && start <= text.length; count += 1) {
    let end = text.indexOf("\n", start);
    if (end === -1) end = text.length;
    const line = text.slice(start, Math.min(end, start + MAX_LINE_LENGTH)).trimEnd();
    start = end + 1;
    const body = line.trimStart();
    if (body === "" || body.startsWith("#")) continue;
    yield { indent: line.length - body.length, body };
  }
}

/** What a YAML text looks like. */
export function classify(text: string): Verdict {
  let sequence: number | undefined;
  let column: number | undefined;
  let keys = new Set<string>();
  let items = 0;

  for (const { indent, body } of contentLines(text)) {
    if (indent === 0 && /^(?:---|\.\.\.)(?:\s+#.*)?$|^%[A-Z]/.test(body)) continue;

    if (sequence === undefined) {
      if (body.startsWith("[")) return isItem(flowKeys(text.slice(0, MAX_LINE_LENGTH))) ? "rules" : "other";
      if (body.startsWith("{") || keyOf(body) !== undefined) return "mapping";
      if (!/^-(?:\s|$)/.test(body)) return "other";
      sequence = indent;
    }

    if (indent < sequence) break;
    if (indent === sequence && /^-(?:\s|$)/.test(body)) {
      if (isItem(keys)) return "rules";
      items += 1;
      if (items > MAX_ITEMS) break;
      const content = body.slice(1).trimStart();
      keys = content.startsWith("{") ? flowKeys(content) : new Set();
      const key = keyOf(content);
      if (key !== undefined) keys.add(key);
      column = content === "" ? undefined : indent + (body.length - content.length);
      continue;
    }
    // After a lone `-` the first line says at which column the item's keys are.
    column ??= indent;
    const key = indent === column ? keyOf(body) : undefined;
    if (key !== undefined) keys.add(key);
  }

  if (sequence === undefined) return "empty";
  return isItem(keys) ? "rules" : "other";
}

/** Whether a file's name alone is proof enough that it is meant for Falco. */
export function isFalcoName(path: string): boolean {
  const name = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1).toLowerCase();
  return name.includes("falco");
}

/**
 * The language that a document should have instead of the one that the editor chose by its name, if any.
 *
 * A YAML file that holds Falco rules becomes one of ours. A file that is ours only because its name ends in
 * `_rules.yaml`, but which holds a mapping (the alert rules of other programs do), goes back to YAML.
 */
export function languageFor(languageId: string, path: string, text: string): typeof FALCO_RULES | "yaml" | undefined {
  if (languageId === "yaml") return classify(text) === "rules" ? FALCO_RULES : undefined;
  if (languageId === FALCO_RULES && !isFalcoName(path) && classify(text) === "mapping") return "yaml";
  return undefined;
}
