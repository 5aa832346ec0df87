// Writes syntaxes/falco-rules.tmLanguage.json. With --check it only says whether the file is up to date.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { grammar } from "../grammar/index.mjs";

const WIDTH = 120;

/**
 * JSON with everything that fits on one line on one line, so that a change shows as a few lines of difference.
 * @param {unknown} value
 * @param {string} [indent]
 * @returns {string}
 */
function pretty(value, indent = "") {
  const line = JSON.stringify(value);
  if (typeof value !== "object" || value === null || indent.length + line.length <= WIDTH) return line;
  const deeper = `${indent}  `;
  const inside = Array.isArray(value)
    ? value.map((element) => pretty(element, deeper))
    : Object.entries(value).map(([key, element]) => `${JSON.stringify(key)}: ${pretty(element, deeper)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return `${open}\n${deeper}${inside.join(`,\n${deeper}`)}\n${indent}${close}`;
}

const path = fileURLToPath(new URL("../syntaxes/falco-rules.tmLanguage.json", import.meta.url));
const text = `${pretty(grammar())}\n`;

if (process.argv.includes("--check")) {
  if (readFileSync(path, "utf8") !== text) {
    console.error("error: syntaxes/falco-rules.tmLanguage.json is stale; run `npm run grammar`");
    process.exit(1);
  }
} else {
  writeFileSync(path, text);
}
