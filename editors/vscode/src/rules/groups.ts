// How the rules of a workspace are put together in the tree. No editor in here.

import type { Item } from "./items";

export type GroupBy = "file" | "priority" | "tag";

/** An item and the file that it stands in. */
export interface Placed {
  readonly item: Item;
  /** The file's address. */
  readonly uri: string;
  /** The file's name as people see it. */
  readonly file: string;
}

export interface Group {
  readonly label: string;
  readonly members: readonly Placed[];
}

/** Falco's priorities, the most urgent first. */
const PRIORITIES = ["emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"];

const NO_TAGS = "without tags";
const NO_PRIORITY = "without priority";

/** The groups, in the order in which they are shown. */
export function groupsOf(all: readonly Placed[], by: GroupBy): Group[] {
  switch (by) {
    case "file":
      // Macros and lists belong to files; the other ways of seeing are about rules.
      return collect(all, (each) => [each.file]).sort(byName);
    case "priority":
      return collect(rules(all), ({ item }) => [priorityOf(item)]).sort((a, b) => rank(a.label) - rank(b.label));
    case "tag":
      return collect(rules(all), ({ item }) => (item.tags.length === 0 ? [NO_TAGS] : item.tags)).sort(
        (a, b) => Number(a.label === NO_TAGS) - Number(b.label === NO_TAGS) || byName(a, b),
      );
  }
}

/** Rules that stand for themselves: an override is shown with its file only. */
function rules(all: readonly Placed[]): Placed[] {
  return all.filter(({ item }) => item.kind === "rule" && !item.changes);
}

/** The priority's full name: Falco takes any case, and `info` for `informational`. */
function priorityOf(item: Item): string {
  const text = item.priority?.toLowerCase() ?? "";
  const full = text === "info" ? "informational" : text;
  return PRIORITIES.includes(full) ? full.charAt(0).toUpperCase() + full.slice(1) : (item.priority ?? NO_PRIORITY);
}

function rank(label: string): number {
  const index = PRIORITIES.indexOf(label.toLowerCase());
  return index === -1 ? PRIORITIES.length : index;
}

function byName(a: Group, b: Group): number {
  return a.label.localeCompare(b.label);
}

function collect(all: readonly Placed[], labels: (placed: Placed) => readonly string[]): Group[] {
  const groups = new Map<string, Placed[]>();
  for (const placed of all) {
    for (const label of new Set(labels(placed))) {
      const members = groups.get(label);
      if (members === undefined) groups.set(label, [placed]);
      else members.push(placed);
    }
  }
  return [...groups].map(([label, members]) => ({ label, members }));
}
