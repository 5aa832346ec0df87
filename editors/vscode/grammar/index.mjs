// The TextMate grammar of Falco rules files, put together.

import { condition } from "./condition.mjs";
import {
  BOOLEAN_KEYS,
  LIST_OPERATORS,
  MODIFIERS,
  OVERRIDABLE,
  OVERRIDE_WORDS,
  PRIORITIES,
  SYMBOL_OPERATORS,
  WORD_OPERATORS,
} from "./language.mjs";
import { output } from "./output.mjs";
import { any, captures, include, LANGUAGE, scope } from "./scopes.mjs";
import { STYLES } from "./styles.mjs";
import { blockKey, flowKey, generic, scalarEscapes, scalarValue, sequenceValue } from "./yaml.mjs";

const PROPERTY = "support.type.property-name";

/** What a scalar's own style adds to the text of a value. @param {string} style */
const escapesOf = (style) => {
  if (style === "double" || style === "single") return scalarEscapes(style);
  return style === "block" ? [] : [include("comment")];
};

/** The scope of a string in a style. @param {string} style */
const stringScope = (style) => {
  if (style === "double" || style === "single") return `string.quoted.${style}`;
  return style === "block" ? "string.unquoted.block" : "string.unquoted.plain";
};

/**
 * A scalar that is text, with a scope of its own where it deserves one.
 * @param {string} name
 * @param {string} [content]
 */
const text = (name, content) =>
  scalarValue({ name, content: (style) => content ?? stringScope(style), patterns: escapesOf });

/**
 * A scalar that is one word of a small set; any other word is text.
 * @param {string} name
 * @param {string} match
 * @param {string} scopeName
 */
const word = (name, match, scopeName) =>
  scalarValue({
    name,
    content: () => "meta.value",
    patterns: (style) => [
      ...escapesOf(style),
      { match, name: scope(scopeName) },
      { match: style === "flow" ? String.raw`[^\s,\[\]{}"']+` : String.raw`[^\s"']+`, name: scope(stringScope(style)) },
    ],
  });

const WORD_START = String.raw`(?<![^\s"':,\[{])`;
const WORD_END = String.raw`(?=[\s"',\]}]|$)`;

/**
 * Every key that means something, with the value that it takes.
 * @type {{ keys: string[], keyScope: string, value: string, region?: string, collection?: boolean }[]}
 */
const ITEM_KEYS = [
  { keys: ["rule"], keyScope: "storage.type.rule", value: "rule-name" },
  { keys: ["macro"], keyScope: "storage.type.macro", value: "macro-name" },
  { keys: ["list"], keyScope: "storage.type.list", value: "list-name" },
  { keys: ["required_engine_version"], keyScope: "keyword.control.required-engine-version", value: "version" },
  { keys: ["condition"], keyScope: `${PROPERTY}.condition`, value: "condition" },
  { keys: ["output"], keyScope: `${PROPERTY}.output`, value: "output" },
  { keys: ["desc"], keyScope: PROPERTY, value: "text" },
  { keys: ["priority"], keyScope: PROPERTY, value: "priority" },
  { keys: ["source"], keyScope: PROPERTY, value: "source" },
  { keys: BOOLEAN_KEYS, keyScope: PROPERTY, value: "boolean" },
  { keys: ["capture_duration"], keyScope: PROPERTY, value: "number" },
];

/** Keys whose value is a sequence of scalars, or made of mappings. */
const COLLECTION_KEYS = [
  { keys: ["items"], keyScope: PROPERTY, node: "items" },
  { keys: ["tags"], keyScope: PROPERTY, node: "tags" },
  { keys: ["override"], keyScope: PROPERTY, node: "override", mapping: true },
  { keys: ["exceptions"], keyScope: PROPERTY, node: "exceptions", mapping: true },
  { keys: ["required_plugin_versions"], keyScope: "keyword.control.required-plugin-versions", node: "plugins", mapping: true },
];

const EXCEPTION_KEYS = {
  scalars: [{ keys: ["name"], keyScope: PROPERTY, value: "exception-name" }],
  nodes: [
    { keys: ["fields"], keyScope: PROPERTY, node: "fields" },
    { keys: ["comps"], keyScope: PROPERTY, node: "comps" },
    { keys: ["values"], keyScope: PROPERTY, node: "values" },
  ],
};

const PLUGIN_KEYS = {
  scalars: [
    { keys: ["name"], keyScope: PROPERTY, value: "plugin-name" },
    { keys: ["version"], keyScope: PROPERTY, value: "version" },
  ],
  nodes: [{ keys: ["alternatives"], keyScope: PROPERTY, node: "plugins", mapping: true }],
};

/**
 * Rules for a set of keys, in block and in flow mappings.
 * @param {{ keys: string[], keyScope: string, value: string }[]} scalars
 * @param {{ keys: string[], keyScope: string, node: string, mapping?: boolean }[]} nodes
 */
function keyRules(scalars, nodes) {
  const block = [
    ...scalars.flatMap(({ keys, keyScope, value }) =>
      blockKey({ keys, keyScope, patterns: [include(`${value}-value`)] }),
    ),
    ...nodes.flatMap(({ keys, keyScope, node }) =>
      blockKey({ keys, keyScope, region: `meta.${node}`, collection: true, patterns: [include(`${node}-node`)] }),
    ),
  ];
  const flow = [
    ...scalars.map(({ keys, keyScope, value }) =>
      flowKey({ keys, keyScope, patterns: [include(`${value}-flow-value`)] }),
    ),
    ...nodes.map(({ keys, keyScope, node, mapping = false }) =>
      flowKey({ keys, keyScope, patterns: [include(mapping ? `${node}-node` : `${node}-flow-node`)] }),
    ),
  ];
  return { block: { patterns: block }, flow: { patterns: flow } };
}

/**
 * `{…}` whose keys are the given ones.
 * @param {string} name
 */
const flowMappingOf = (name) => ({
  begin: String.raw`\{`,
  end: String.raw`\}`,
  beginCaptures: captures({ 0: "punctuation.definition.mapping.begin" }),
  endCaptures: captures({ 0: "punctuation.definition.mapping.end" }),
  patterns: [
    include("comment"),
    include(`${name}-flow-keys`),
    { match: ",", name: scope("punctuation.separator.mapping") },
    // Keys that mean nothing, and what an author left half done.
    {
      match: String.raw`([^\s,\[\]{}"'#:][^,\[\]{}#:]*)(:)(?=\s|$)`,
      captures: captures({ 1: "entity.name.tag.key", 2: "punctuation.separator.key-value" }),
    },
    include("node-flow-node"),
  ],
});

/** A sequence of mappings with known keys: exceptions, required plugins. @param {string} name */
const mappingsNode = (name) => ({
  patterns: [
    include("comment"),
    include(`${name}-block-keys`),
    include("unknown-key"),
    { match: String.raw`(?<![^ \t])-(?=[ \t]|$)`, name: scope("punctuation.definition.sequence.item") },
    include("properties"),
    include(`${name}-flow-mapping`),
    {
      begin: String.raw`\[`,
      end: String.raw`\]`,
      beginCaptures: captures({ 0: "punctuation.definition.sequence.begin" }),
      endCaptures: captures({ 0: "punctuation.definition.sequence.end" }),
      patterns: [
        include("comment"),
        include(`${name}-flow-mapping`),
        { match: ",", name: scope("punctuation.separator.sequence") },
      ],
    },
  ],
});

/** The whole grammar. */
export function grammar() {
  const item = keyRules(ITEM_KEYS, COLLECTION_KEYS);
  const exception = keyRules(EXCEPTION_KEYS.scalars, EXCEPTION_KEYS.nodes);
  const plugin = keyRules(PLUGIN_KEYS.scalars, PLUGIN_KEYS.nodes);
  const operator = any([...WORD_OPERATORS, ...LIST_OPERATORS, "exists"]);

  /** @type {Record<string, object>} */
  const repository = {
    ...generic,

    // A key that the rules language does not know. Its value may be anything.
    "unknown-key": {
      patterns: blockKey({
        keys: [String.raw`[^\s#\[\]{},"'&*!|>%@\x60:-][^#:]*?`],
        keyScope: "entity.name.tag.key",
        collection: true,
        patterns: [
          {
            begin: String.raw`\G[ \t]+([|>])([-+0-9]*)[ \t]*(#.*)?$`,
            end: "(?!)",
            beginCaptures: captures({
              1: "keyword.control.flow.block-scalar",
              2: "storage.modifier.block-scalar",
              3: "comment.line.number-sign",
            }),
            contentName: scope("string.unquoted.block"),
          },
          include("unknown-key"),
          include("node-node"),
        ],
      }),
    },

    "item-block-keys": item.block,
    "item-flow-keys": item.flow,
    "item-flow-mapping": flowMappingOf("item"),
    "exceptions-block-keys": exception.block,
    "exceptions-flow-keys": exception.flow,
    "exceptions-flow-mapping": flowMappingOf("exceptions"),
    "exceptions-node": mappingsNode("exceptions"),
    "plugins-block-keys": plugin.block,
    "plugins-flow-keys": plugin.flow,
    "plugins-flow-mapping": flowMappingOf("plugins"),
    "plugins-node": mappingsNode("plugins"),

    // `- {rule: …}` on its own lines, which ends with its indentation if the brace is never closed.
    "item-flow": {
      begin: String.raw`^([ \t]*)(-)[ \t]+(?=\{)`,
      while: String.raw`^(?=\1(?:[ \t]+\S|[\]}])|[ \t]*(?:#|$))`,
      beginCaptures: captures({ 2: "punctuation.definition.sequence.item" }),
      patterns: [include("item-flow-mapping"), include("comment")],
    },

    // A line that is no key (yet): whatever it opens ends with its indentation.
    entry: {
      begin: String.raw`^([ \t]*)(-)(?=[ \t]|$)`,
      while: String.raw`^(?=\1[ \t]+\S|[ \t]*$)`,
      beginCaptures: captures({ 2: "punctuation.definition.sequence.item" }),
      patterns: [include("item-block-keys"), include("unknown-key"), include("node-node")],
    },
    line: {
      begin: String.raw`^([ \t]*)(?=[^\s#])`,
      while: String.raw`^(?=\1[ \t]+\S|[ \t]*$)`,
      patterns: [include("node-node")],
    },

    // A file written as JSON.
    json: {
      begin: String.raw`^\[`,
      end: String.raw`\]`,
      beginCaptures: captures({ 0: "punctuation.definition.sequence.begin" }),
      endCaptures: captures({ 0: "punctuation.definition.sequence.end" }),
      patterns: [
        include("comment"),
        include("item-flow-mapping"),
        { match: ",", name: scope("punctuation.separator.sequence") },
      ],
    },

    "override-node": {
      patterns: [
        include("comment"),
        {
          match: String.raw`${WORD_START}(${any([...OVERRIDABLE].sort((a, b) => b.length - a.length))})["']?[ \t]*(:)`,
          captures: captures({ 1: PROPERTY, 2: "punctuation.separator.key-value" }),
        },
        {
          match: String.raw`${WORD_START}([A-Za-z_][\w-]*)["']?[ \t]*(:)(?=\s|$)`,
          captures: captures({ 1: "entity.name.tag.key", 2: "punctuation.separator.key-value" }),
        },
        { match: `${WORD_START}${any(OVERRIDE_WORDS)}${WORD_END}`, name: scope("storage.modifier.override") },
        { match: String.raw`[{}]`, name: scope("punctuation.definition.mapping") },
        { match: ",", name: scope("punctuation.separator.mapping") },
        { match: String.raw`[^\s,{}:"']+`, name: scope("string.unquoted.plain") },
      ],
    },

    ...text("text"),
    ...text("rule-name", "entity.name.type.rule"),
    ...text("macro-name", "entity.name.function.macro"),
    ...text("list-name", "entity.name.type.list"),
    ...text("exception-name", "entity.name.type.exception"),
    ...text("plugin-name", "entity.name.type.plugin"),
    ...text("source", "support.constant.source"),
    ...word("priority", String.raw`(?i:${any(PRIORITIES)})${WORD_END}`, "constant.language.priority"),
    ...word(
      "boolean",
      String.raw`(?:[yYnN]|[tT]rue|TRUE|[fF]alse|FALSE|[yY]es|YES|[nN]o|NO|[oO]n|ON|[oO]ff|OFF)${WORD_END}`,
      "constant.language.boolean",
    ),
    ...word("number", String.raw`[0-9]+${WORD_END}`, "constant.numeric"),
    ...word("version", String.raw`[0-9]+(?:\.[0-9]+)*${WORD_END}`, "constant.numeric.version"),

    ...sequenceValue({ name: "items", leaf: "string.unquoted.item" }),
    ...sequenceValue({ name: "values", leaf: "string.unquoted.value" }),
    ...sequenceValue({
      name: "tags",
      leaf: "entity.other.attribute-name.tag",
      quoted: (style) => [
        ...scalarEscapes(style),
        {
          match: style === "double" ? String.raw`[^"\\]+` : "[^']+",
          name: scope("entity.other.attribute-name.tag"),
        },
      ],
    }),
    ...sequenceValue({
      name: "fields",
      leaf: [include("condition-call-plain"), include("condition-field-plain")],
      quoted: (style) => [include(`condition-call-${style}`), include(`condition-field-${style}`)],
    }),
    ...sequenceValue({
      name: "comps",
      leaf: [include("comparison")],
      quoted: () => [include("comparison")],
    }),
    comparison: {
      patterns: [
        { match: String.raw`(?<![\w.])${operator}(?![\w.])`, name: scope("keyword.operator.wordlike.comparison") },
        { match: any(SYMBOL_OPERATORS), name: scope("keyword.operator.comparison") },
        { match: String.raw`(?<![\w.])${any(MODIFIERS)}(?![\w.])`, name: scope("keyword.operator.wordlike.modifier") },
      ],
    },

    ...scalarValue({
      name: "condition",
      // `meta.embedded` tells the editor that this is code, even between quotes: brackets match, words complete.
      content: () => "meta.embedded.condition",
      patterns: (style) => [include(`condition-all-${style}`)],
    }),
    ...scalarValue({
      name: "output",
      content: stringScope,
      patterns: (style) => [include(`output-${style}`)],
    }),
  };
  for (const style of STYLES) Object.assign(repository, condition(style), output(style));

  return {
    $comment: "Made by scripts/grammar.mjs from grammar/; run `npm run grammar` after a change there.",
    name: "Falco Rules",
    scopeName: `source.${LANGUAGE}`,
    fileTypes: [],
    patterns: [
      include("document"),
      include("comment"),
      include("item-block-keys"),
      include("item-flow"),
      include("json"),
      include("unknown-key"),
      include("entry"),
      include("line"),
    ],
    repository: Object.fromEntries(Object.entries(repository).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
