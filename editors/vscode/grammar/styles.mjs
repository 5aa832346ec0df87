// A condition or an output may stand in any of YAML's scalar styles, and each style has its own idea of what ends the
// text, what starts a comment and how a quote is written. Every embedded rule is therefore made once for each style.

/**
 * @typedef {object} Style
 * @property {string} name
 * @property {string | undefined} stop where the scalar ends, as a lookahead; nested regions end there too, so that an
 *   unclosed parenthesis never swallows the closing quote
 * @property {boolean} comments whether ` #` starts a comment
 * @property {string} doubleQuote how `"` is written inside the scalar
 * @property {string} singleQuote how `'` is written inside the scalar
 * @property {string} backslash how `\` is written inside the scalar
 * @property {string} bareExtra more characters that a bare word cannot hold in this style
 */

/** `#` starts a comment after a blank or at the start of a line. */
export const COMMENT_START = String.raw`(?<![^ \t])#`;

/** @type {Style[]} */
export const STYLES = [
  {
    name: "plain",
    stop: `(?=${COMMENT_START})`,
    comments: true,
    doubleQuote: `"`,
    singleQuote: `'`,
    backslash: String.raw`\\`,
    bareExtra: "",
  },
  {
    name: "block",
    stop: undefined,
    comments: false,
    doubleQuote: `"`,
    singleQuote: `'`,
    backslash: String.raw`\\`,
    bareExtra: "",
  },
  {
    name: "double",
    stop: `(?=")`,
    comments: false,
    doubleQuote: String.raw`\\"`,
    singleQuote: `'`,
    backslash: String.raw`\\\\`,
    bareExtra: String.raw`\\`,
  },
  {
    name: "single",
    stop: `(?='(?!'))`,
    comments: false,
    doubleQuote: `"`,
    singleQuote: `''`,
    backslash: String.raw`\\`,
    bareExtra: "",
  },
  {
    // A plain scalar inside `{…}` or `[…]`.
    name: "flow",
    stop: String.raw`(?=[,\[\]{}]|${COMMENT_START})`,
    comments: true,
    doubleQuote: `"`,
    singleQuote: `'`,
    backslash: String.raw`\\`,
    bareExtra: String.raw`\[\]{}`,
  },
];

/**
 * An end pattern that also stops where the scalar stops.
 * @param {Style} style
 * @param {string} end
 */
export const orStop = (style, end) => (style.stop === undefined ? end : `${end}|${style.stop}`);
