// The YAML around the embedded languages: keys, the scalars that hold them, collections and everything generic.
//
// Regions that belong to a key are begin/while rules: they last while lines are indented deeper than the key. So an
// unclosed quote or bracket colours its own value wrongly and never the items after it.

import { captures, include, NEVER, scope } from "./scopes.mjs";
import { COMMENT_START } from "./styles.mjs";
import { HEADS } from "./language.mjs";

/** Anchors and tags before a value. */
const PROPERTIES = String.raw`((?:[ \t]+[&!][^ \t]*)*)`;
const HEAD = `(?:${HEADS.join("|")})`;

/**
 * A pattern for any of the keys, quoted or not.
 * @param {readonly string[]} keys
 */
const keyPattern = (keys) => {
  const words = keys.join("|");
  return `"(?:${words})"|'(?:${words})'|(?:${words})`;
};

/**
 * Rules for keys of a block mapping: one for a key that stands alone on its line, one for a key after `- `.
 * @param {object} options
 * @param {readonly string[]} options.keys
 * @param {string} options.keyScope
 * @param {string} [options.region] scope of the whole
 * @param {object[]} options.patterns what may stand after the colon
 * @param {boolean} [options.collection] whether the value may be a sequence at the key's own column, with comments
 */
export function blockKey({ keys, keyScope, region, patterns, collection = false }) {
  /** @param {string} dash @param {string} column the indentation of the key, by back reference */
  const rule = (dash, column) => ({
    begin: String.raw`^([ \t]*)${dash}(${keyPattern(keys)})[ \t]*(:)(?=[ \t]|$)`,
    // A line belongs to the value when it is empty or deeper than the key.
    while: collection
      ? String.raw`^(?=${column}(?:[ \t]+\S|-(?![ \t]+["']?${HEAD}["']?[ \t]*:)(?:[ \t]|$)|[\]}])|[ \t]*(?:#|$))`
      : String.raw`^(?=${column}[ \t]+\S|[ \t]*$)`,
    beginCaptures: captures({
      2: "punctuation.definition.sequence.item",
      4: keyScope,
      5: "punctuation.separator.key-value",
    }),
    ...(region === undefined ? {} : { name: scope(region) }),
    patterns,
  });
  return [rule(String.raw`()()`, String.raw`\1`), rule(String.raw`(-)([ \t]+)`, String.raw`\1 \3`)];
}

/**
 * A rule for a key inside `{…}`.
 * @param {object} options
 * @param {readonly string[]} options.keys
 * @param {string} options.keyScope
 * @param {object[]} options.patterns
 */
export function flowKey({ keys, keyScope, patterns }) {
  return {
    begin: String.raw`(?<![^\s,{\[])(${keyPattern(keys)})[ \t]*(:)(?=[\s"'\[{]|$)`,
    end: String.raw`(?=[,\]}])`,
    beginCaptures: captures({ 1: keyScope, 2: "punctuation.separator.key-value" }),
    patterns,
  };
}

/**
 * Rules for the text of a scalar that holds something of its own: `NAME-value` in a block mapping, in any style and
 * also starting on the next line, and `NAME-flow-value` inside `{…}`.
 * @param {object} options
 * @param {string} options.name
 * @param {(style: string) => string} options.content scope of the text in a style
 * @param {(style: string) => object[]} options.patterns what the text is made of in a style
 * @returns {Record<string, object>}
 */
export function scalarValue({ name, content, patterns }) {
  const text = (/** @type {string} */ style) => ({ contentName: scope(content(style)), patterns: patterns(style) });
  const quote = (/** @type {string} */ style, /** @type {string} */ before, /** @type {string} */ mark, end = mark) => ({
    begin: `${before}(${mark})`,
    end,
    beginCaptures: captures({
      1: [include("properties")],
      2: `string.quoted.${style} punctuation.definition.string.begin`,
    }),
    endCaptures: captures({ 0: `string.quoted.${style} punctuation.definition.string.end` }),
    ...text(style),
  });
  const double = (/** @type {string} */ before) => quote("double", before, `"`);
  const single = (/** @type {string} */ before) => quote("single", before, `'`, `'(?!')`);
  const block = (/** @type {string} */ before) => ({
    begin: String.raw`${before}([|>])([-+0-9]*)[ \t]*((?<![^ \t])#.*)?$`,
    end: NEVER,
    beginCaptures: captures({
      1: [include("properties")],
      2: "keyword.control.flow.block-scalar",
      3: "storage.modifier.block-scalar",
      4: "comment.line.number-sign",
    }),
    ...text("block"),
  });
  const sameLine = String.raw`\G${PROPERTIES}[ \t]+`;
  const nextLine = String.raw`^[ \t]+()`;
  const inFlow = String.raw`(?<![^\s:])()`;
  return {
    [`${name}-value`]: {
      patterns: [
        double(sameLine),
        single(sameLine),
        block(sameLine),
        {
          match: String.raw`\G[ \t]+(\*[^\s,\[\]{}]+)(?=[ \t]*$|[ \t]+#)`,
          captures: captures({ 1: "variable.other.alias" }),
        },
        {
          // Nothing but properties or a comment after the colon: the value starts on a later line.
          begin: String.raw`\G${PROPERTIES}[ \t]*((?<![^ \t])#.*)?$`,
          end: NEVER,
          beginCaptures: captures({ 1: [include("properties")], 2: "comment.line.number-sign" }),
          patterns: [
            double(nextLine),
            single(nextLine),
            block(nextLine),
            { begin: String.raw`^[ \t]+(?=[^\s#])`, end: NEVER, ...text("plain") },
            include("comment"),
          ],
        },
        {
          begin: String.raw`\G${PROPERTIES}[ \t]+(?=[^\s#])`,
          end: NEVER,
          beginCaptures: captures({ 1: [include("properties")] }),
          ...text("plain"),
        },
        // After the closing quote.
        include("comment"),
      ],
    },
    [`${name}-flow-value`]: {
      patterns: [
        include("comment"),
        double(inFlow),
        single(inFlow),
        {
          begin: String.raw`(?<!\S)(?=[^\s"'#,\[\]{}])`,
          end: String.raw`(?=[,\[\]{}]|${COMMENT_START})`,
          ...text("flow"),
        },
      ],
    },
  };
}

/**
 * Rules for a value that may be a scalar or a (nested, block or flow) sequence of scalars of one kind: `NAME-node`.
 * @param {object} options
 * @param {string} options.name
 * @param {string | object[]} options.leaf scope of a plain scalar (numbers apart), or patterns for its text, which is
 *   all that they get to see. A scope is cheaper: every such text is copied, and a list may have thousands.
 * @param {(style: "double" | "single") => object[]} [options.quoted] for the text of a quoted scalar; without it, it is
 *   a string like any other
 * @returns {Record<string, object>}
 */
export function sequenceValue({ name, leaf, quoted }) {
  const blockScalar = String.raw`[^\s#\[\]{},"'&*!|>%@\x60].*?(?=[ \t]+#|[ \t]*$)`;
  const flowScalar = String.raw`[^\s,\[\]{}"'#](?:[^,\[\]{}#]|(?<![ \t])#)*?(?=[ \t]*(?:[,\[\]{}]|$)|[ \t]+#)`;
  const number = (/** @type {string} */ end) => ({
    match: String.raw`(?:[-+]?[0-9]+(?:\.[0-9]+)?|0[xX][0-9A-Fa-f]+)${end}`,
    name: scope("constant.numeric"),
  });
  const plain = (/** @type {string} */ match, /** @type {string} */ end) =>
    typeof leaf === "string" ? [number(end), { match, name: scope(leaf) }] : [{ match, captures: captures({ 0: leaf }) }];
  const scalars =
    quoted === undefined
      ? [include("quoted")]
      : [quotedScalar("double", quoted("double")), quotedScalar("single", quoted("single"))];
  return {
    [`${name}-node`]: {
      patterns: [
        include("comment"),
        { match: String.raw`(?<![^ \t])-(?=[ \t]|$)`, name: scope("punctuation.definition.sequence.item") },
        include("properties"),
        include(`${name}-flow-sequence`),
        include("flow-mapping"),
        ...scalars,
        ...plain(blockScalar, String.raw`(?=[ \t]+#|[ \t]*$)`),
      ],
    },
    [`${name}-flow-sequence`]: {
      begin: String.raw`\[`,
      end: String.raw`\]`,
      beginCaptures: captures({ 0: "punctuation.definition.sequence.begin" }),
      endCaptures: captures({ 0: "punctuation.definition.sequence.end" }),
      patterns: [include(`${name}-flow-node`)],
    },
    [`${name}-flow-node`]: {
      patterns: [
        include("comment"),
        include("properties"),
        include(`${name}-flow-sequence`),
        include("flow-mapping"),
        ...scalars,
        { match: ",", name: scope("punctuation.separator.sequence") },
        ...plain(flowScalar, String.raw`(?=[ \t]*(?:[,\[\]{}]|$)|[ \t]+#)`),
      ],
    },
  };
}

/**
 * A quoted scalar.
 * @param {"double" | "single"} style
 * @param {object[]} patterns
 */
function quotedScalar(style, patterns) {
  const mark = style === "double" ? `"` : `'`;
  return {
    name: scope(`string.quoted.${style}`),
    begin: mark,
    end: style === "double" ? mark : `'(?!')`,
    beginCaptures: captures({ 0: "punctuation.definition.string.begin" }),
    endCaptures: captures({ 0: "punctuation.definition.string.end" }),
    patterns,
  };
}

/** Escapes of a quoted scalar's text. @param {"double" | "single"} style */
export const scalarEscapes = (style) =>
  style === "single"
    ? [{ match: "''", name: scope("constant.character.escape.yaml") }]
    : [
        {
          match: String.raw`\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[0abtnvfre "/\\N_LP\t]|$)`,
          name: scope("constant.character.escape.yaml"),
        },
        { match: String.raw`\\.`, name: scope("invalid.illegal.escape") },
      ];

/** Rules for YAML that means nothing special. */
export const generic = {
  comment: {
    match: `${COMMENT_START}.*$`,
    name: scope("comment.line.number-sign"),
  },

  document: {
    patterns: [
      { match: String.raw`^---(?=[ \t]|$)`, name: scope("entity.other.document.begin") },
      { match: String.raw`^\.\.\.(?=[ \t]|$)`, name: scope("entity.other.document.end") },
      { match: "^%[A-Z].*$", name: scope("keyword.other.directive") },
    ],
  },

  properties: {
    patterns: [
      { match: String.raw`(?<![^ \t])&[^\s,\[\]{}]+`, name: scope("entity.name.type.anchor") },
      { match: String.raw`(?<![^ \t])![^\s,\[\]{}]*`, name: scope("storage.type.tag") },
      { match: String.raw`(?<![^ \t])\*[^\s,\[\]{}]+`, name: scope("variable.other.alias") },
    ],
  },

  "flow-mapping": {
    begin: String.raw`\{`,
    end: String.raw`\}`,
    beginCaptures: captures({ 0: "punctuation.definition.mapping.begin" }),
    endCaptures: captures({ 0: "punctuation.definition.mapping.end" }),
    patterns: [
      {
        match: String.raw`([^\s,\[\]{}"'#:][^,\[\]{}#:]*|"[^"]*"|'[^']*')(:)(?=[\s\[{"']|$)`,
        captures: captures({ 1: "entity.name.tag.key", 2: "punctuation.separator.key-value" }),
      },
      include("node-flow-node"),
    ],
  },

  quoted: {
    patterns: [quotedScalar("double", scalarEscapes("double")), quotedScalar("single", scalarEscapes("single"))],
  },

  // The text of one plain scalar.
  plain: {
    patterns: [
      {
        match: String.raw`(?<![^\s,\[{:])[-+]?(?:0x[0-9A-Fa-f]+|[0-9]+(?:\.[0-9]+)*)$`,
        name: scope("constant.numeric"),
      },
      {
        match: String.raw`(?<![^\s,\[{:])(?:true|false|yes|no|on|off|null|True|False|Yes|No|TRUE|FALSE|YES|NO|~)$`,
        name: scope("constant.language"),
      },
      { match: ".+", name: scope("string.unquoted.plain") },
    ],
  },

  ...sequenceValue({ name: "node", leaf: [include("plain")] }),
};
