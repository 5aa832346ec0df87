// What is done and checked in the workbench, one named step after the other.

import assert from "node:assert/strict";

import type { Workbench } from "./workbench";

export interface Step {
  readonly name: string;
  /** The name of its picture in docs/images, when it has one there. */
  readonly picture?: string;
  /** `show` is called when the workbench looks as in the picture; else it is taken at the end. */
  readonly run: (w: Workbench, show: () => Promise<void>) => Promise<void>;
}

const RULES = "shells_rules.yaml";

/** The line (one-based) on which a text first stands. */
function lineOf(w: Workbench, file: string, text: string): number {
  const index = w.text(file).split("\n").findIndex((line) => line.includes(text));
  assert.notEqual(index, -1, `\`${text}\` is in ${file}`);
  return index + 1;
}

/** The place (one-based) at which a text first stands. */
function placeOf(w: Workbench, file: string, text: string): [number, number] {
  const line = lineOf(w, file, text);
  return [line, (w.text(file).split("\n")[line - 1] ?? "").indexOf(text) + 1];
}

export const STEPS: readonly Step[] = [
  {
    name: "a rules file opens as Falco Rules, and the server runs",
    run: async (w) => {
      await w.openFile(RULES);
      await w.page.locator(".statusbar-item", { hasText: "Falco Rules" }).waitFor();
      // Symbols come from the server alone, so that it answers when they are there.
      await w.page.locator(".breadcrumbs-control").waitFor();
      await w.editor().locator(".codelens-decoration").first().waitFor();
    },
  },
  {
    name: "a misspelt field is underlined and listed as a problem",
    picture: "vscode-diagnostics",
    run: async (w) => {
      await w.openFile("broken_rules.yaml", 3, 1);
      await w.editor().locator(".squiggly-error").first().waitFor();
      await w.command("View: Focus Problems");
      await w.page.locator(".markers-panel .monaco-list-row", { hasText: "proc.nam" }).first().waitFor();
    },
  },
  {
    name: "a quick fix repairs it",
    run: async (w) => {
      const [line, column] = placeOf(w, "broken_rules.yaml", "proc.nam");
      await w.openFile("broken_rules.yaml", line, column + 2);
      await w.editor().locator(".squiggly-error").first().waitFor();
      await w.press("Control+.");
      // The preferred fix has the focus; clicks are taken by what lies around the box.
      await w.page.locator(".action-widget .monaco-list-row.focused", { hasText: "proc.name" }).waitFor();
      await w.press("Enter");
      await w.page.locator(".tab.active.dirty").waitFor();
      await w.save();
      assert.match(w.text("broken_rules.yaml"), /and proc\.name = cat/);
      await w.editor().locator(".squiggly-error").first().waitFor({ state: "hidden" });
    },
  },
  {
    name: "a completion is offered and accepted",
    picture: "vscode-completion",
    run: async (w, show) => {
      await w.openFile(RULES, lineOf(w, RULES, "fd.name = /etc/shadow"), 200);
      await w.type(" and proc.pna");
      await w.press("Control+Space");
      await w.page.locator(".suggest-widget.visible .monaco-list-row", { hasText: "proc.pname" }).first().waitFor();
      await show();
      await w.press("Enter");
      await w.type(" = bash");
      await w.press("Escape");
      await w.save();
      assert.match(w.text(RULES), /fd\.name = \/etc\/shadow and proc\.pname = bash\n/);
    },
  },
  {
    name: "hovering a macro shows what it stands for",
    run: async (w) => {
      const [line, column] = placeOf(w, RULES, "shell_started and not");
      await w.openFile(RULES, line, column + 3);
      await w.command("Show or Focus Hover");
      await w.page.locator(".monaco-hover:not(.hidden)", { hasText: "proc.name in" }).first().waitFor();
    },
  },
  {
    name: "go to definition leads to the macro",
    run: async (w) => {
      const [line, column] = placeOf(w, RULES, "shell_started and not");
      await w.openFile(RULES, line, column + 3);
      await w.press("F12");
      const [target] = placeOf(w, RULES, "- macro: shell_started");
      await w.page.locator(".statusbar-item", { hasText: `Ln ${target},` }).waitFor();
    },
  },
  {
    name: "rename changes every mention",
    run: async (w) => {
      const [line, column] = placeOf(w, RULES, "- macro: shell_started");
      await w.openFile(RULES, line, column + 12);
      await w.press("F2");
      const box = w.page.locator(".rename-box input");
      await box.waitFor();
      await box.fill("a_shell_started");
      await w.press("Enter");
      await box.waitFor({ state: "hidden" });
      await w.page.locator(".tab.active.dirty").waitFor();
      await w.save();
      assert.match(w.text(RULES), /- macro: a_shell_started\n/);
      assert.match(w.text(RULES), /condition: a_shell_started and not/);
    },
  },
  {
    name: "formatting cleans the file",
    run: async (w) => {
      await w.openFile(RULES, lineOf(w, RULES, "priority: CRITICAL"), 200);
      await w.type("   ");
      await w.save();
      assert.match(w.text(RULES), /CRITICAL {3}\n/);
      await w.command("Format Document");
      await w.page.locator(".tab.active.dirty").waitFor();
      await w.save();
      assert.match(w.text(RULES), /CRITICAL\n/);
    },
  },
  {
    name: "the outline has the rules by name",
    run: async (w) => {
      await w.openFile(RULES);
      await w.press("Control+Shift+O");
      await w.page.locator(".quick-input-list .monaco-list-row", { hasText: "Password store read" }).first().waitFor();
      await w.press("Escape");
    },
  },
  {
    name: "the tree lists rules by file, and by priority",
    picture: "vscode-rules",
    run: async (w) => {
      await w.openFile(RULES);
      await w.command("Falco: Group Rules by Priority");
      await w.command("View: Show Falco");
      const group = w.page.locator(".pane-body .monaco-list-row", { hasText: "Critical" }).first();
      await group.click();
      await w.page.locator(".pane-body .monaco-list-row", { hasText: "Password store read" }).first().click();
      const [line] = placeOf(w, RULES, "Password store read");
      await w.page.locator(".statusbar-item", { hasText: `Ln ${line},` }).waitFor();
    },
  },
  {
    name: "the lens runs a rule on a recording, lists its alerts, and a click explains one",
    picture: "vscode-explanation",
    run: async (w) => {
      await w.command("View: Close Panel");
      await w.openFile(RULES, lineOf(w, RULES, "- rule: Password store read"), 1);
      await w.editor().locator(".codelens-decoration a", { hasText: /run on recording/i }).last().click();
      await w.page.locator(".quick-input-list .monaco-list-row", { hasText: "intrusion.scap" }).first().click();
      const alert = w.page.locator(".pane-body .monaco-list-row", { hasText: "Password store read (file=" });
      await alert.first().waitFor();
      await alert.first().click();
      await w.page.locator(".tab", { hasText: "Password store read.explanation" }).waitFor();
      await w.page.locator(".view-line", { hasText: "fd.name = /etc/shadow" }).last().waitFor();
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
      const row = (name: string, icon: string) =>
        w.page.locator(".test-explorer .monaco-list-row", { hasText: name }).locator(`.codicon-testing-${icon}-icon`);
      await row("reading the shadow file", "passed").waitFor();
      await row("this expectation is wrong", "failed").waitFor();
    },
  },
  {
    name: "the lens runs the tests of a rule",
    run: async (w) => {
      await w.openFile(RULES, lineOf(w, RULES, "- rule: Password store read"), 1);
      await w.editor().locator(".codelens-decoration a", { hasText: /run tests/i }).last().click();
      await w.page.locator(".test-output-peek-tree .monaco-list-row", { hasText: "this expectation is wrong" }).first().waitFor();
    },
  },
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
  {
    name: "the walkthrough opens",
    run: async (w) => {
      await w.command("Welcome: Open Walkthrough", "asks");
      const box = w.page.locator(".quick-input-list .monaco-list-row", { hasText: "Get started with Falco rules" });
      await box.first().click();
      await w.page.locator(".getting-started-category, .gettingStartedContainer", { hasText: "Run it on a recording" }).first().waitFor();
    },
  },
];
