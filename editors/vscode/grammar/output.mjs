// Output strings: text with `%field` placeholders, once for each scalar style.

import { FIELD, argument, argumentCaptures } from "./condition.mjs";
import { TRANSFORMERS } from "./language.mjs";
import { any, captures, include, scope } from "./scopes.mjs";
import { orStop } from "./styles.mjs";
import { scalarEscapes } from "./yaml.mjs";

/**
 * @param {import("./styles.mjs").Style} style
 * @returns {Record<string, object>}
 */
export function output(style) {
  const call = any(TRANSFORMERS.filter((name) => name !== "val"));
  const head = { 1: "punctuation.definition.placeholder", 2: "constant.numeric.width" };
  return {
    [`output-${style.name}`]: {
      patterns: [
        ...(style.comments ? [include("comment")] : []),
        ...(style.name === "double" || style.name === "single" ? scalarEscapes(style.name) : []),
        {
          // %tolower(proc.name)
          begin: String.raw`(%)([0-9]*)(${call})(\()`,
          end: orStop(style, String.raw`(\))(?:${argument(style)})?`),
          beginCaptures: captures({ ...head, 3: "support.function.transformer", 4: "punctuation.section.arguments.begin" }),
          endCaptures: captures({ 1: "punctuation.section.arguments.end", ...argumentCaptures(2) }),
          name: scope("meta.placeholder"),
          patterns: [
            include(`condition-string-${style.name}`),
            include(`condition-call-${style.name}`),
            include(`condition-field-${style.name}`),
            { match: ",", name: scope("punctuation.separator.arguments") },
          ],
        },
        {
          // %proc.aname[2]
          match: String.raw`(%)([0-9]*)(${FIELD})${argument(style)}`,
          name: scope("meta.placeholder"),
          captures: captures({ ...head, 3: "variable.other.field", ...argumentCaptures(4) }),
        },
        {
          // %proc.name, or with a width: %20proc.name
          match: `(%)([0-9]*)(${FIELD})`,
          name: scope("meta.placeholder"),
          captures: captures({ ...head, 3: "variable.other.field" }),
        },
        // There is no way to write a lone percent sign.
        { match: "%[0-9]*(?![0-9A-Za-z])", name: scope("invalid.illegal.placeholder") },
      ],
    },
  };
}
