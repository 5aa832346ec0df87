// Bundles the workbench tests and runs them: `npm run test:workbench`. See test/workbench/main.ts for the options.

import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const outfile = join(root, "out", "workbench.mjs");
mkdirSync(join(root, "out"), { recursive: true });
await build({
  absWorkingDir: root,
  entryPoints: ["test/workbench/main.ts"],
  outfile,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  external: ["playwright-core"],
  logLevel: "warning",
});
const run = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { cwd: root, stdio: "inherit" });
process.exit(run.status ?? 2);
