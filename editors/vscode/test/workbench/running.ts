// Rules and tests that are run in the workbench, and what comes of it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";

import type { Locator } from "playwright-core";

import { lineOf, placeOf, RULES, type Step } from "./steps";
import type { Workbench } from "./workbench";

const RULE = "Password store read";

/** Clicks a lens above the rule about the password store. */
async function lens(w: Workbench, title: RegExp): Promise<void> {
  await w.openFile(RULES, lineOf(w, RULES, `- rule: ${RULE}`), 1);
  // What an earlier step left would be taken for the answer.
  await w.command("Falco: Take Away the Results of the Last Run");
  await w.editor().locator(".codelens-decoration a", { hasText: title }).last().click();
}

/** A row of the view "Alerts". */
function row(w: Workbench, text: string | RegExp): Locator {
  return w.page.locator(".pane-body .monaco-list-row", { hasText: text }).first();
}

/** Puts a text before the end of the condition of the rule about the password store, and does not save it. */
async function edit(w: Workbench, text: string): Promise<void> {
  await w.openFile(RULES, lineOf(w, RULES, "fd.name = /etc/shadow"), 200);
  await w.type(text);
  await w.press("Escape");
}

export const STEPS: readonly Step[] = [
  {
    name: "the lens runs a rule on the project's recording, lists its alerts, and a click explains one",
    picture: "vscode-explanation",
    run: async (w) => {
      await w.command("View: Close Panel");
      await lens(w, /run on intrusion\.scap/);
      await row(w, "Password store read (file=").click();
      await w.page.locator(".tab", { hasText: `${RULE}.explanation` }).waitFor();
      await w.page.locator(".view-line", { hasText: "✓ fd.name = /etc/shadow" }).last().waitFor();
    },
  },
  {
    name: "a near miss is listed with what it lacked, and a click explains it",
    run: async (w) => {
      await lens(w, /run on intrusion\.scap/);
      await row(w, "Near miss: fd.name = /etc/shadow").click();
      await w.page.locator(".view-line", { hasText: "✗ fd.name = /etc/shadow" }).last().waitFor();
    },
  },
  {
    name: "results stand beside rules and comparisons, and are called old after an edit",
    picture: "vscode-results",
    run: async (w, show) => {
      await lens(w, /run on intrusion\.scap/);
      await row(w, "Password store read (file=").waitFor();
      const told = async (what: RegExp): Promise<boolean> => (await w.decorations()).some((text) => what.test(text));
      await w.until("the rule's line tells", () => told(/^1 alert · \d+ near misses on intrusion\.scap$/));
      await w.editor().locator(".view-line", { hasText: /✓1\D+✗\d+/ }).first().waitFor();
      await show();
      await edit(w, " and proc.name exists");
      await w.until("the rule's line tells that it is old", () => told(/on intrusion\.scap, before the last edits$/));
      await w.command("Falco: Take Away the Results of the Last Run");
      await w.until("nothing is told any more", async () => !(await told(/intrusion\.scap/)));
    },
  },
  {
    name: "a recording can be chosen, and rules count as they stand in the editor",
    run: async (w) => {
      await edit(w, " and proc.name = nobody");
      await w.editor().locator(".codelens-decoration a", { hasText: /run on recording/i }).last().click();
      await w.page.locator(".quick-input-list .monaco-list-row", { hasText: "intrusion.scap" }).first().click();
      await row(w, "Near miss: proc.name = nobody").waitFor();
      assert.doesNotMatch(w.text(RULES), /nobody/);
    },
  },
  {
    name: "a run that does not end is cancelled",
    run: async (w) => {
      await lens(w, /run on endless\.scap/);
      const toast = w.page.locator(".notification-toast", { hasText: `Running “${RULE}” on endless.scap` });
      await toast.locator(".monaco-button", { hasText: "Cancel" }).click();
      await w.page.locator(".pane-body", { hasText: "Stopped." }).first().waitFor();
    },
  },
  {
    name: "an alert is made an exception of its rule",
    run: async (w) => {
      await lens(w, /run on intrusion\.scap/);
      const alert = row(w, "Password store read (file=");
      await alert.hover();
      await alert.locator(".action-label[aria-label*='Make an Exception']").click();
      await w.page.locator(".tab.active.dirty").waitFor();
      await w.save();
      assert.match(w.text(RULES), /exceptions:\n/);
    },
  },
  {
    name: "an alert from the clipboard is pasted as a rule test",
    run: async (w) => {
      const alert = { rule: RULE, priority: "Critical", output: "o", output_fields: { "evt.type": "openat", "fd.name": "/etc/shadow" } };
      await w.openFile(RULES);
      await w.copy(JSON.stringify(alert));
      await w.command("Falco: Paste Alert as Rule Test");
      await w.page.locator(".tab", { hasText: "shells_rules_test.yaml" }).click();
      await w.page.locator(".view-line", { hasText: "/etc/shadow" }).first().waitFor();
    },
  },
  {
    name: "the conditions of rules and macros are shown with their macros opened",
    run: async (w) => {
      await w.openFile(RULES, lineOf(w, RULES, "- rule: Shell started"), 1);
      await w.command("Falco: Show Condition with Macros Opened");
      await w.page.locator(".tab", { hasText: "Shell started.condition" }).waitFor();
      await w.page.locator(".view-line", { hasText: "evt.type in (execve, execveat)" }).last().waitFor();
      await w.command("View: Close All Editors");
      const [line] = placeOf(w, RULES, "- macro: shell_started");
      await w.openFile(RULES, line, 1);
      await w.command("Falco: Show Condition with Macros Opened");
      await w.page.locator(".tab", { hasText: "shell_started.condition" }).waitFor();
    },
  },
  {
    name: "the syntax tree is shown",
    run: async (w) => {
      await w.openFile(RULES);
      await w.command("Falco: Show Syntax Tree");
      await w.page.locator(".tab", { hasText: `${RULES}.tree` }).waitFor();
    },
  },
  {
    name: "a rule is tried on the live kernel, where that can be watched",
    settings: true,
    run: async (w) => {
      await w.configure({ "falco-rs.run.liveSeconds": 3 });
      await w.openFile(RULES, lineOf(w, RULES, "- rule: Shell started"), 1);
      await w.editor().locator(".codelens-decoration a", { hasText: /run tests/ }).first().waitFor();
      const live = w.editor().locator(".codelens-decoration a", { hasText: /try live/ });
      if ((await live.count()) === 0) {
        console.log("        skipped: this user may not watch the kernel, so that there is no lens for it");
        return;
      }
      await live.first().click();
      const alert = row(w, "Shell started (command=sh -c true");
      // The kernel is watched as soon as the probe is loaded, which nothing tells.
      await w.until("a shell is seen, or it is said why not", async () => {
        execFileSync("sh", ["-c", "true"]);
        return (await alert.isVisible()) || (await w.page.locator(".notification-toast", { hasText: "cannot be watched" }).count()) > 0;
      });
    },
  },
  {
    name: "the Test Explorer runs tests: one passes, one fails where it stands",
    picture: "vscode-tests",
    run: async (w) => {
      await w.openFile("shells_test.yaml");
      await w.command("Testing: Focus on Test Explorer View");
      await w.page.locator(".test-explorer .monaco-list-row", { hasText: "shells_test.yaml" }).first().waitFor();
      await w.command("Test: Run All Tests");
      await w.page.locator(".test-explorer .codicon-testing-failed-icon").first().waitFor();
      await w.page.locator(".test-explorer .monaco-list-row", { hasText: "shells_test.yaml" }).locator(".monaco-tl-twistie").click();
      const state = (name: string, icon: string) =>
        w.page.locator(".test-explorer .monaco-list-row", { hasText: name }).locator(`.codicon-testing-${icon}-icon`);
      await state("reading the shadow file", "passed").waitFor();
      await state("this expectation is wrong", "failed").waitFor();
    },
  },
  {
    name: "to debug a test is to have it explained",
    run: async (w) => {
      const [line, column] = placeOf(w, "shells_test.yaml", "reading the shadow file");
      await w.openFile("shells_test.yaml", line, column);
      await w.command("Test: Debug Test at Cursor");
      await w.page.locator(".tab", { hasText: "reading the shadow file is noticed.explanation" }).waitFor();
      await w.page.locator(".view-line", { hasText: "✓ fd.name = /etc/shadow" }).last().waitFor();
    },
  },
  {
    name: "coverage of the tests is shown by file",
    run: async (w) => {
      await w.openFile("shells_test.yaml");
      await w.command("Test: Run All Tests with Coverage");
      await w.page.locator(".test-coverage-list .monaco-list-row, .monaco-list-row", { hasText: RULES }).locator(".test-coverage-bars").first().waitFor();
      await w.command("Test Coverage: Close Coverage");
    },
  },
  {
    name: "the lens runs the tests of a rule",
    run: async (w) => {
      await lens(w, /run tests/);
      await w.page.locator(".test-output-peek-tree .monaco-list-row", { hasText: "this expectation is wrong" }).first().waitFor();
    },
  },
  {
    name: "the lens shows the coverage of a rule",
    run: async (w) => {
      await lens(w, /coverage/);
      // How often a comparison came out which way in the tests.
      await w.editor().locator(".view-line", { hasText: /✓1\D+✗1/ }).first().waitFor();
      await w.command("Test Coverage: Close Coverage");
    },
  },
  // The last one: a task's findings stay until it runs again.
  {
    name: "the check task puts its findings into the Problems view",
    run: async (w) => {
      await w.openFile(RULES, lineOf(w, RULES, "fd.name = /etc/shadow"), 200);
      await w.type(" and proc.nam = x ");
      await w.press("Escape");
      await w.save();
      // Of open files the server reports, and the matcher leaves them to it.
      await w.command("View: Close All Editors");
      await w.command("Tasks: Run Build Task", "asks");
      await w.page.locator(".quick-input-list .monaco-list-row", { hasText: "falco-rs: check" }).first().click();
      await w.command("View: Focus Problems");
      // The language server reports the same; the task's findings name it as their source.
      await w.page.locator(".markers-panel .monaco-list-row", { hasText: "falco-rs check" }).first().waitFor();
    },
  },
];
