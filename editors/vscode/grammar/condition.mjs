// The condition language, once for each scalar style.

import { LIST_OPERATORS, MODIFIERS, SYMBOL_OPERATORS, TRANSFORMERS, WORD_OPERATORS } from "./language.mjs";
import { any, captures, include, scope } from "./scopes.mjs";
import { COMMENT_START, orStop } from "./styles.mjs";

/** @typedef {import("./styles.mjs").Style} Style */

// A word is not part of a longer name.
const START = String.raw`(?<![\w.])`;
const STOP = String.raw`(?![\w.])`;
const IDENTIFIER = "[A-Za-z][A-Za-z0-9_]*";
export const FIELD = String.raw`${IDENTIFIER}(?:\.[A-Za-z0-9_]+)+`;
const CALL = any(TRANSFORMERS);
const NUMBER = String.raw`0[xX][0-9A-Fa-f]+|[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-][0-9]+)?`;

/** The argument of a field in brackets. @param {Style} style */
export const argument = (style) => {
  const { doubleQuote: dq, singleQuote: sq } = style;
  return String.raw`(\[)(?:(${dq}[^"\\]*${dq}|${sq}[^']*${sq})|([^\[\]"'\s]*))(\])`;
};

/** Scopes of the four groups of `argument`, the first of which has the number `from`. @param {number} from */
export const argumentCaptures = (from) => ({
  [from]: "punctuation.definition.argument.begin",
  [from + 1]: "string.quoted.argument",
  [from + 2]: "variable.parameter.argument",
  [from + 3]: "punctuation.definition.argument.end",
});

/**
 * The rules that the style's conditions are made of.
 * @param {Style} style
 * @returns {Record<string, object>}
 */
export function condition(style) {
  const own = (/** @type {string} */ part) => `condition-${part}-${style.name}`;
  // Bare strings stop at the characters that the condition language keeps for itself.
  const bareCharacter = String.raw`[^()"'=,\s${style.bareExtra}]`;
  const bare = `${style.comments ? `(?!${COMMENT_START})` : ""}${bareCharacter}+`;
  const operators = any([...WORD_OPERATORS, ...LIST_OPERATORS]);
  // What follows an operator: glued for symbols, after a blank for words.
  const binary = String.raw`(?:${START}(${operators})(?=[\s(])|(${any(SYMBOL_OPERATORS)}))`;
  const operatorCaptures = { 1: "keyword.operator.wordlike.comparison", 2: "keyword.operator.comparison" };
  /**
   * Patterns for a bare value behind some text. (One pattern that hands the value to others would be shorter, but
   * it costs a copy of the line for each value.)
   * @param {string} before
   * @param {Record<number, string>} groups scopes of the groups in `before`
   * @param {number} group the number of the group of the value
   */
  const values = (before, groups, group) =>
    [
      [NUMBER, "constant.numeric"],
      ["true|false", "constant.language.boolean"],
      [bare, "string.unquoted.value"],
    ].map(([value, name]) => ({
      match: String.raw`${before}(${value})(?!${bareCharacter})`,
      captures: captures({ ...groups, [group]: name ?? "" }),
    }));

  /** A quoted string. @param {string} quote @param {string} name */
  const quoted = (quote, name) => ({
    name: scope(name),
    begin: quote,
    // The first quote that has no backslash before it, whatever stands before that backslash.
    end: orStop(style, `(?<!${style.backslash})${quote}`),
    beginCaptures: captures({ 0: "punctuation.definition.string.begin" }),
    endCaptures: captures({ 0: "punctuation.definition.string.end" }),
    patterns: [include(`condition-escape-${style.name}`)],
  });

  return {
    [own("all")]: {
      patterns: [
        ...(style.comments ? [include("comment")] : []),
        ...yamlEscapes(style),
        { match: String.raw`&&|\|\||!(?!=)`, name: scope("invalid.illegal.operator") },
        { match: `${START}(?:and|or|not)${STOP}`, name: scope("keyword.operator.wordlike.logical") },
        include(own("operand")),
        include(own("token")),
      ],
    },

    // An operator together with what it compares with.
    [own("operand")]: {
      patterns: [
        {
          // proc.name in (a, b)
          begin: String.raw`${START}(${any(LIST_OPERATORS)})\s*(\()`,
          end: orStop(style, String.raw`(\))`),
          beginCaptures: captures({ 1: "keyword.operator.wordlike.comparison", 2: "punctuation.definition.list.begin" }),
          endCaptures: captures({ 1: "punctuation.definition.list.end" }),
          contentName: scope("meta.list"),
          patterns: [include(own("element"))],
        },
        {
          // fd.name startswith anyof (a, b)
          begin: String.raw`${binary}\s*(${any(MODIFIERS)})\s*(\()`,
          end: orStop(style, String.raw`(\))`),
          beginCaptures: captures({
            ...operatorCaptures,
            3: "keyword.operator.wordlike.modifier",
            4: "punctuation.definition.list.begin",
          }),
          endCaptures: captures({ 1: "punctuation.definition.list.end" }),
          contentName: scope("meta.list"),
          patterns: [include(own("element"))],
        },
        {
          // fd.name startswith anyof prefixes
          match: String.raw`${binary}\s*(${any(MODIFIERS)})\s+(?!(?:and|or|not)${STOP})(${IDENTIFIER})${STOP}`,
          captures: captures({ ...operatorCaptures, 3: "keyword.operator.wordlike.modifier", 4: "string.unquoted.value" }),
        },
        {
          // The operand, or the list after a modifier, is on the next line; the region ends after it.
          begin: String.raw`(?:${START}(${operators})|(${any(SYMBOL_OPERATORS)}))(?:\s*(${any(MODIFIERS)}))?[ \t]*\n`,
          end: orStop(style, String.raw`(?<=\S)`),
          beginCaptures: captures({ ...operatorCaptures, 3: "keyword.operator.wordlike.modifier" }),
          patterns: [
            {
              match: String.raw`(${any(MODIFIERS)})\s+(?=\(|[A-Za-z])`,
              captures: captures({ 1: "keyword.operator.wordlike.modifier" }),
            },
            {
              begin: String.raw`\(`,
              end: orStop(style, String.raw`\)`),
              beginCaptures: captures({ 0: "punctuation.definition.list.begin" }),
              endCaptures: captures({ 0: "punctuation.definition.list.end" }),
              contentName: scope("meta.list"),
              patterns: [include(own("element"))],
            },
            include(own("call")),
            include(own("string")),
            ...values("", {}, 1),
          ],
        },
        // evt.type = open
        ...values(String.raw`${binary}\s*(?!${CALL}\()`, operatorCaptures, 3),
        // A quoted string or a call follows, or the operator is still being typed.
        { match: binary, captures: captures(operatorCaptures) },
        { match: `${START}exists${STOP}`, name: scope("keyword.operator.wordlike.comparison") },
      ],
    },

    [own("token")]: {
      patterns: [
        include(own("string")),
        include(own("call")),
        include(own("field")),
        // A hyphen is no part of a macro's name, so `a-b` is none.
        { match: String.raw`(?<![\w.-])${IDENTIFIER}(?![\w.(-])`, name: scope("entity.name.function.macro") },
        { match: String.raw`\(`, name: scope("punctuation.section.parens.begin") },
        { match: String.raw`\)`, name: scope("punctuation.section.parens.end") },
      ],
    },

    // An element of a list: a string, or the name of a list. Which of the two is for the server to say.
    [own("element")]: {
      patterns: [
        ...(style.comments ? [include("comment")] : []),
        include(own("string")),
        { match: ",", name: scope("punctuation.separator.list") },
        ...values("", {}, 1),
      ],
    },

    [own("string")]: {
      patterns: [
        quoted(style.doubleQuote, "string.quoted.double"),
        quoted(style.singleQuote, "string.quoted.single"),
      ],
    },

    // tolower(proc.name), join(",", (proc.name, "x"))
    [own("call")]: {
      begin: String.raw`${START}(${CALL})(\()`,
      end: orStop(style, String.raw`(\))`),
      beginCaptures: captures({ 1: "support.function.transformer", 2: "punctuation.section.arguments.begin" }),
      endCaptures: captures({ 1: "punctuation.section.arguments.end" }),
      contentName: scope("meta.call"),
      patterns: [
        ...(style.comments ? [include("comment")] : []),
        include(own("string")),
        include(own("call")),
        include(own("field")),
        { match: NUMBER, name: scope("constant.numeric") },
        { match: ",", name: scope("punctuation.separator.arguments") },
        {
          begin: String.raw`\(`,
          end: orStop(style, String.raw`\)`),
          beginCaptures: captures({ 0: "punctuation.definition.list.begin" }),
          endCaptures: captures({ 0: "punctuation.definition.list.end" }),
          contentName: scope("meta.list"),
          patterns: [
            include(own("string")),
            include(own("call")),
            include(own("field")),
            { match: NUMBER, name: scope("constant.numeric") },
            { match: ",", name: scope("punctuation.separator.list") },
          ],
        },
      ],
    },

    [own("field")]: {
      patterns: [
        {
          match: `${START}(${FIELD})${argument(style)}`,
          captures: captures({ 1: "variable.other.field", ...argumentCaptures(2) }),
        },
        { match: `${START}${FIELD}`, name: scope("variable.other.field") },
        // getopt(proc.args, "o:")[o]
        { match: String.raw`(?<=\))${argument(style)}`, captures: captures(argumentCaptures(1)) },
      ],
    },

    [`condition-escape-${style.name}`]: {
      patterns: escapes(style),
    },
  };
}

/**
 * Escapes inside a quoted string of a condition.
 * @param {Style} style
 */
function escapes(style) {
  const { backslash: bs, doubleQuote: dq, singleQuote: sq } = style;
  return [
    {
      match: String.raw`${bs}(?:${bs}|${dq}|${sq}|[bfnrt/ ]|x[0-9A-Fa-f]{2})`,
      name: scope("constant.character.escape"),
    },
    { match: String.raw`${bs}[^\s"'\\]`, name: scope("invalid.illegal.escape") },
    ...yamlEscapes(style),
    ...(style.name === "double" ? [{ match: String.raw`\\"`, name: scope("constant.character.escape.yaml") }] : []),
  ];
}

/**
 * In a double-quoted scalar YAML takes its own backslashes before the condition language sees any. An escaped quote is
 * not among these: it opens and closes strings.
 * @param {Style} style
 */
function yamlEscapes(style) {
  if (style.name !== "double") return [];
  return [
    {
      match: String.raw`\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[0abtnvfre /\\N_LP\t]|$)`,
      name: scope("constant.character.escape.yaml"),
    },
  ];
}
