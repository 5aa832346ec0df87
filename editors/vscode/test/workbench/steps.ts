// What is done and checked in the workbench, one named step after the other.

import assert from "node:assert/strict";

import type { Workbench } from "./workbench";

export interface Step {
  readonly name: string;
  /** The name of its picture in docs/images, when it has one there. */
  readonly picture?: string;
  /** It changes settings, which are set back behind it. */
  readonly settings?: true;
  /** `show` is called when the workbench looks as in the picture; else it is taken at the end. */
  readonly run: (w: Workbench, show: () => Promise<void>) => Promise<void>;
}

export const RULES = "shells_rules.yaml";

/** The line (one-based) on which a text first stands. */
export function lineOf(w: Workbench, file: string, text: string): number {
  const index = w.text(file).split("\n").findIndex((line) => line.includes(text));
  assert.notEqual(index, -1, `\`${text}\` is in ${file}`);
  return index + 1;
}

/** The place (one-based) at which a text first stands. */
export function placeOf(w: Workbench, file: string, text: string): [number, number] {
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
    name: "completions come by themselves while one types",
    run: async (w) => {
      await w.openFile(RULES, lineOf(w, RULES, "fd.name = /etc/shadow"), 200);
      await w.type(" and proc.pn");
      await w.page.locator(".suggest-widget.visible .monaco-list-row", { hasText: "proc.pname" }).first().waitFor();
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
    name: "rename changes other files, too",
    run: async (w) => {
      const [line, column] = placeOf(w, RULES, "shell_names");
      await w.openFile(RULES, line, column + 2);
      await w.press("F2");
      const box = w.page.locator(".rename-box input");
      await box.waitFor();
      await box.fill("all_shells");
      await w.press("Enter");
      await box.waitFor({ state: "hidden" });
      const renamed = (file: string): boolean => /all_shells/.test(w.text(file)) && !/shell_names/.test(w.text(file));
      await w.until("both files are renamed in and saved", () => renamed(RULES) && renamed("base_rules.yaml"));
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
    name: "a file is formatted when it is saved",
    settings: true,
    run: async (w) => {
      await w.configure({ "editor.formatOnSave": true });
      await w.openFile(RULES, lineOf(w, RULES, "priority: CRITICAL"), 200);
      await w.type("   ");
      await w.save();
      await w.until("the blanks are gone", () => /CRITICAL\n/.test(w.text(RULES)));
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
    name: "the status tells the server's version and what is loaded",
    run: async (w) => {
      await w.openFile(RULES);
      await w.page.locator(".statusbar-item#status\\.languageStatus, .statusbar-item[id='status.languageStatus']").first().hover();
      await w.page.locator(".hover-language-status", { hasText: /falco-rs \d+\.\d+\.\d+.*files/ }).first().waitFor();
      await w.command("Falco: Show What the Server Works On");
      await w.page.locator(".view-line", { hasText: "base_rules.yaml" }).first().waitFor();
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
