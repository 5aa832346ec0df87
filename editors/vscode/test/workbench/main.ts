// Runs the steps: `npm run test:workbench -- [--docs] [--out FOLDER] [--only TEXT]`.

import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

import { STEPS as EDITING } from "./steps";
import { STEPS as RUNNING } from "./running";
import { emptyFolder, tools, Unavailable, type Tools } from "./tools";
import { Workbench } from "./workbench";

const root = process.cwd();
const repository = join(root, "../..");
const pictures = join(repository, "docs/images");
const { values } = parseArgs({
  options: {
    docs: { type: "boolean", default: false },
    out: { type: "string", default: "test-results" },
    only: { type: "string", default: "" },
  },
});

/** The program that the extension starts: `FALCO_RS`, else what cargo built last. */
function program(): string {
  const named = process.env["FALCO_RS"];
  if (named !== undefined) return resolve(named);
  const target = process.env["CARGO_TARGET_DIR"] ?? join(repository, "target");
  const built = ["release", "debug"].map((profile) => join(target, profile, "falco-rs")).find((path) => existsSync(path));
  if (built !== undefined) return built;
  const folder = join(target, "debug");
  console.error(`error: there is no program in ${folder}; run \`cargo build -p falco-cli\`, or set FALCO_RS to one`);
  process.exit(2);
}

async function main(): Promise<number> {
  let found: Tools;
  try {
    found = tools((line) => console.log(line));
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    console.log(`skipped: the workbench tests: ${error.message}`);
    return 0;
  }
  const falco = program();
  const out = emptyFolder(resolve(values.out));
  if (values.docs) mkdirSync(pictures, { recursive: true });
  const scratch = mkdtempSync(join(tmpdir(), "falco-rs-workbench-"));
  try {
    const vsix = join(scratch, "falco-rs.vsix");
    const pack = spawnSync(process.execPath, ["scripts/package.mjs", "--out", vsix], { cwd: root, encoding: "utf8" });
    if (pack.status !== 0) throw new Error(`the extension cannot be packaged:\n${pack.stdout}${pack.stderr}`);
    const workspace = join(scratch, "workspace");
    fill(workspace);
    cpSync(join(repository, "testdata/captures/intrusion.scap"), join(workspace, "intrusion.scap"));
    // Whoever reads this waits until somebody writes, which nobody does.
    spawnSync("mkfifo", [join(workspace, "endless.scap")]);

    const w = await Workbench.open({ tools: found, scratch, workspace, vsix, settings: settings(falco) });
    try {
      return await runSteps(w, out);
    } finally {
      await w.close();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function runSteps(w: Workbench, out: string): Promise<number> {
  let failed = 0;
  const steps = [...EDITING, ...RUNNING].filter(({ name }) => name.includes(values.only));
  for (const [i, step] of steps.entries()) {
    const picture = join(out, `${String(i + 1).padStart(2, "0")}-${step.name.replace(/[^a-z0-9]+/gi, "-")}.png`);
    const begin = Date.now();
    let shown = false;
    let problem: unknown;
    try {
      await step.run(w, async () => {
        await w.screenshot(picture);
        shown = true;
      });
      if (!shown) await w.screenshot(picture);
    } catch (error) {
      problem = error;
    }
    const time = `${((Date.now() - begin) / 1000).toFixed(1)} s`;
    if (problem === undefined) {
      console.log(`ok      ${step.name} (${time})`);
      if (values.docs && step.picture !== undefined) copyFileSync(picture, join(pictures, `${step.picture}.png`));
    } else {
      failed += 1;
      await w.screenshot(picture);
      console.log(`FAILED  ${step.name} (${time}), see ${picture}`);
      console.log(String(problem instanceof Error ? problem.message : problem).replace(/^/gm, "        "));
    }
    // What a step changed or left open must not matter to the next one.
    await w.press("Escape", "Escape");
    await w.discardChanges();
    fill(w.workspace);
    if (step.settings === true) await w.configure({});
  }
  console.log(`${steps.length - failed} passed, ${failed} failed; pictures in ${out}`);
  return failed === 0 ? 0 : 1;
}

/** Puts the files of the tests' workspace where and as they should be. */
function fill(workspace: string): void {
  cpSync(join(root, "test/workbench/workspace"), workspace, { recursive: true });
}

/** The settings of the user who sits at the workbench. */
function settings(falco: string): Record<string, unknown> {
  return {
    "falco-rs.server.path": falco,
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": false,
    "workbench.colorTheme": "Default Dark Modern",
    "editor.minimap.enabled": false,
    "files.autoSave": "off",
    "telemetry.telemetryLevel": "off",
    "extensions.autoCheckUpdates": false,
    "extensions.ignoreRecommendations": true,
    "window.commandCenter": false,
  };
}

process.exitCode = await main();
