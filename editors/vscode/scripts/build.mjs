// Bundles the extension into dist/: extension.js for desktop and remote editors, web.js for editors in the browser.
// `--production` makes small files without source maps, `--watch` builds again after each change.

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { context } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const production = process.argv.includes("--production");
const watch = process.argv.includes("--watch");

/** @type {import("esbuild").BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  external: ["vscode"],
  format: "cjs",
  minify: production,
  sourcemap: !production,
  legalComments: "none",
  metafile: true,
  logLevel: "info",
};

rmSync(join(root, "dist"), { recursive: true, force: true });
const contexts = await Promise.all([
  context({
    ...common,
    entryPoints: ["src/extension.ts"],
    outfile: "dist/extension.js",
    platform: "node",
    target: "node20",
    // Prefer modules over UMD wrappers, which cannot be bundled.
    mainFields: ["module", "main"],
  }),
  context({
    ...common,
    entryPoints: ["src/web.ts"],
    outfile: "dist/web.js",
    platform: "browser",
    target: "es2022",
  }),
]);

if (watch) {
  await Promise.all(contexts.map((each) => each.watch()));
} else {
  const results = await Promise.all(contexts.map((each) => each.rebuild()));
  await Promise.all(contexts.map((each) => each.dispose()));
  const inputs = results.flatMap((result) => Object.keys(result.metafile?.inputs ?? {}));
  writeFileSync(join(root, "dist", "THIRD-PARTY-NOTICES.txt"), notices(inputs));
}

/**
 * The licences of the packages whose code is in the bundles.
 * @param {string[]} inputs
 */
function notices(inputs) {
  const folders = new Set(
    inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []),
  );
  const texts = [...folders].sort().map((folder) => {
    const path = join(root, folder);
    const { name, version, license } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
    const file = readdirSync(path).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined || !existsSync(join(path, file))) throw new Error(`${name} comes without its licence`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(path, file), "utf8").trim()}\n`;
  });
  const line = "-".repeat(80);
  return `The bundled code of this extension includes the following packages.\n\n${line}\n${texts.join(`\n${line}\n`)}`;
}
