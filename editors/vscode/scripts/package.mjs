// Makes the .vsix: `npm run package`.
//
// With `-- --server PATH --target linux-x64` the program at PATH is bundled as bin/falco-rs and the package is made for
// that platform alone (the targets are vsce's). Without, the extension looks for the server on the machine.

import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);

const { values } = parseArgs({
  options: { server: { type: "string" }, target: { type: "string" }, out: { type: "string" } },
});
if ((values.server === undefined) !== (values.target === undefined)) fail("`--server` and `--target` go together");

const bin = join(root, "bin");
rmSync(bin, { recursive: true, force: true });
if (values.server !== undefined) {
  if (!existsSync(values.server)) fail(`there is no program at \`${values.server}\``);
  mkdirSync(bin);
  const program = join(bin, values.target?.startsWith("win32") ? "falco-rs.exe" : "falco-rs");
  copyFileSync(values.server, program);
  chmodSync(program, 0o755);
}

// The readme's pictures are those of the documentation, which are not below this folder; the package gets copies.
const readme = readFileSync(join(root, "README.md"), "utf8");
const copies = [...readme.matchAll(/\(\.\.\/\.\.\/docs\/images\/([\w-]+\.png)\)/g)].map(([, name]) => name ?? "");
for (const name of copies) copyFileSync(join(root, "../../docs/images", name), join(root, "images", name));
const packaged = join(root, "README.package.md");
writeFileSync(packaged, readme.replaceAll("(../../docs/images/", "(images/"));

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const suffix = values.target === undefined ? "" : `-${values.target}`;
const out = values.out ?? join(root, `falco-rs${suffix}-${version}.vsix`);
const run = spawnSync(
  process.execPath,
  [
    require.resolve("@vscode/vsce/vsce"),
    "package",
    // The bundle holds what it needs of node_modules.
    "--no-dependencies",
    "--allow-missing-repository",
    // There is no address yet that the readme's pictures could be fetched from.
    "--no-rewrite-relative-links",
    "--readme-path",
    "README.package.md",
    ...(values.target === undefined ? [] : ["--target", values.target]),
    "--out",
    out,
  ],
  { cwd: root, stdio: "inherit" },
);
rmSync(bin, { recursive: true, force: true });
rmSync(packaged);
for (const name of copies) rmSync(join(root, "images", name));
process.exit(run.status ?? 2);

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(`error: ${message}`);
  process.exit(2);
}
