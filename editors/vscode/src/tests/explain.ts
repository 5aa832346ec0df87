// The explanation of a test: for each rule that it speaks of, the condition as a tree on each of its events.

import { dirname, join } from "node:path";

import type * as vscode from "vscode";

import { lastWords, type Cli } from "../cli";
import type { Case, TestFile } from "./cases";

/** More events than this are not shown one by one. */
const MAX_EVENTS = 50;

/** The text that the explanation's document has. */
export async function explanationOf(
  cli: Cli,
  uri: vscode.Uri,
  file: TestFile,
  test: Case,
  signal: AbortSignal,
): Promise<string> {
  const cwd = dirname(uri.fsPath);
  const parts = [`Test: ${test.name}`];
  if (test.rules.length === 0) {
    parts.push("It expects no alert and names no rule, so there is no rule to explain. `only: [RULE]` in the test names one.");
  }
  for (const rule of test.rules) {
    for (const question of questions(test, cwd)) {
      if (signal.aborted) return parts.join("\n\n");
      const loads = file.rules.flatMap((path) => ["-r", path]);
      const args = ["explain", "--color", "never", ...loads, "--rule", rule, ...question.args];
      const finished = await cli.run(args, { cwd, signal, ...(question.input === undefined ? {} : { input: question.input }) });
      const text = finished.code === 0 ? finished.stdout.trimEnd() : lastWords(finished);
      parts.push(`${question.title}\n\n${text}`);
    }
  }
  return `${parts.join("\n\n")}\n`;
}

interface Question {
  readonly title: string;
  readonly args: readonly string[];
  readonly input?: string;
}

/** What is asked about a rule: each made-up event by itself, or what came nearest in a recording. */
function questions(test: Case, folder: string): Question[] {
  if ("capture" in test.source) {
    const { capture } = test.source;
    return [{ title: `Recording ${capture}`, args: ["--capture", join(folder, capture)] }];
  }
  const { events } = test.source;
  const input = events.map((event) => `${JSON.stringify(event)}\n`).join("");
  return events.slice(0, MAX_EVENTS).map((_, i) => ({
    title: `Event ${i + 1} of ${events.length}`,
    args: ["--events", "-", "--event", String(i + 1)],
    input,
  }));
}
