// Scope names and the small helpers that rules are built with.

export const LANGUAGE = "falco-rules";

/**
 * A scope with the language's suffix; several may be given, separated by blanks.
 * @param {string} name
 * @returns {string}
 */
export const scope = (name) =>
  name
    .split(" ")
    .map((part) => `${part}.${LANGUAGE}`)
    .join(" ");

/**
 * An alternation. Longer words must come first where one is the beginning of another.
 * @param {readonly string[]} words
 */
export const any = (words) => `(?:${words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`;

/**
 * Scopes of numbered groups. A value may also be a list of patterns for the group's text.
 * @param {Record<number, string | object[]>} groups
 * @returns {Record<string, object>}
 */
export const captures = (groups) =>
  Object.fromEntries(
    Object.entries(groups).map(([group, value]) => [
      group,
      typeof value === "string" ? { name: scope(value) } : { patterns: value },
    ]),
  );

/** A reference to a rule of the repository. @param {string} name */
export const include = (name) => ({ include: `#${name}` });

/** An end that never comes: the region closes when the indentation of the key around it says so. */
export const NEVER = "(?!)";
