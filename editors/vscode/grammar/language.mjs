// The words of the rules language that the grammar knows. The language server knows the rest (fields, events, names).

/** Operators with a string operand that are words. A blank must follow them. */
export const WORD_OPERATORS = [
  "bstartswith",
  "startswith",
  "endswith",
  "bcontains",
  "icontains",
  "contains",
  "iglob",
  "glob",
  "regex",
];

/** Operators whose operand is a list. */
export const LIST_OPERATORS = ["intersects", "pmatch", "in"];

/** Operators made of symbols, longest first. */
export const SYMBOL_OPERATORS = ["<=", ">=", "==", "!=", "<", ">", "="];

/** Words between a string operator and a list. */
export const MODIFIERS = ["oneof", "anyof", "allof"];

/** Functions over fields; `val` stands on the right side only. */
export const TRANSFORMERS = ["tolower", "toupper", "b64", "basename", "len", "join", "concat", "getopt", "val"];

export const PRIORITIES = [
  "emergency",
  "alert",
  "critical",
  "error",
  "warning",
  "notice",
  "informational",
  "info",
  "debug",
];

/** The keys that decide what an item is. */
export const HEADS = ["required_engine_version", "required_plugin_versions", "rule", "macro", "list"];

/** What `override` may name, and with which words. */
export const OVERRIDABLE = [
  "items",
  "condition",
  "output",
  "desc",
  "tags",
  "exceptions",
  "priority",
  "enabled",
  "warn_evttypes",
  "skip-if-unknown-filter",
  "capture",
  "capture_duration",
];
export const OVERRIDE_WORDS = ["append", "replace"];

/** Keys of a rule, macro or list whose value is true or false. */
export const BOOLEAN_KEYS = ["enabled", "append", "warn_evttypes", "skip-if-unknown-filter", "capture"];
