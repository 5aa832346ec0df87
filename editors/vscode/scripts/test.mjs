// Bundles the tests and runs them with node's own runner: `npm test`, or `npm test -- PATTERN` for files whose name
// contains PATTERN.

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "out");
const pattern = process.argv[2] ?? "";

const tests = readdirSync(join(root, "test")).filter((name) => name.endsWith(".test.ts") && name.includes(pattern));
if (tests.length === 0) {
  console.error(`error: no test file matches \`${pattern}\``);
  process.exit(2);
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await build({
  entryPoints: tests.map((name) => join(root, "test", name)),
  outdir: out,
  outExtension: { ".js": ".cjs" },
  bundle: true,
  packages: "external",
  platform: "node",
  format: "cjs",
  target: "node20",
  sourcemap: "inline",
  logLevel: "warning",
});

const files = tests.map((name) => join(out, name.replace(/\.ts$/, ".cjs")));
const run = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], { stdio: "inherit", cwd: root });
process.exit(run.status ?? 2);
