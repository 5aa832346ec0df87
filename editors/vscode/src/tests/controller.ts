// Rule tests in the Test Explorer: found in test files, run and explained by the server with the texts of the editors.

import { basename } from "node:path";

import * as vscode from "vscode";

import { range } from "../places";
import { askWithProgress, type Asks } from "../run/ask";
import type { Target } from "../run/commands";
import { isTestName, TEST_GLOB, testsOf } from "./cases";
import { coverageOf, RulesCoverage } from "./coverage";
import { explanationOf, resultsOf, type Failure, type FileResult } from "./results";

const IGNORED = "**/{node_modules,target,.git}/**";

/** Explanations come on top of a plain run. */
type How = "run" | "explain" | "cover";

const METHODS: Readonly<Record<How, string>> = {
  run: "falco-rs/tests/run",
  explain: "falco-rs/tests/run",
  cover: "falco-rs/coverage",
};

export class RuleTests implements vscode.Disposable {
  private readonly controller = vscode.tests.createTestController("falco-rs.tests", "Falco rule tests");
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly server: Asks,
    private readonly show: (title: string, text: string) => Promise<void>,
  ) {
    const { controller } = this;
    controller.resolveHandler = (item) => (item === undefined ? this.discover() : this.read(item.uri));
    controller.refreshHandler = () => this.discover();
    const { Run, Debug, Coverage } = vscode.TestRunProfileKind;
    controller.createRunProfile("Run", Run, (request, token) => this.run(request, token, "run"), true);
    controller.createRunProfile("Explain", Debug, (request, token) => this.run(request, token, "explain"), true);
    const cover = controller.createRunProfile("Coverage", Coverage, (request, token) => this.run(request, token, "cover"), true);
    cover.loadDetailedCoverage = (_, coverage) =>
      Promise.resolve(coverage instanceof RulesCoverage ? coverage.details() : []);

    const watcher = vscode.workspace.createFileSystemWatcher(TEST_GLOB);
    this.subscriptions = [
      controller,
      watcher,
      watcher.onDidCreate((uri) => this.read(uri)),
      watcher.onDidChange((uri) => this.read(uri)),
      watcher.onDidDelete((uri) => this.forget(uri)),
      vscode.workspace.onDidOpenTextDocument((document) => this.edited(document)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.edited(document)),
    ];
  }

  dispose(): void {
    for (const each of this.subscriptions) each.dispose();
  }

  /** Runs the tests that are about a rule. */
  async runForRule({ uri, rule }: Target, how: "run" | "cover"): Promise<void> {
    await this.discover();
    const answer = await askWithProgress(this.server, `Testing “${rule}”`, METHODS[how], { uri, rule });
    if (answer === undefined) return;
    const told = resultsOf(answer).map((file) => {
      const top = this.controller.items.get(vscode.Uri.file(file.path).toString());
      const names = new Set(file.cases.map(({ name }) => name));
      const items: vscode.TestItem[] = [];
      top?.children.forEach((item) => {
        if (names.has(item.label) || file.broken.length > 0) items.push(item);
      });
      return { file, items };
    });
    const items = told.flatMap((each) => each.items);
    if (items.length === 0) {
      void vscode.window.showInformationMessage(`No test is about the rule “${rule}”.`);
      return;
    }
    const run = this.controller.createTestRun(new vscode.TestRunRequest(items));
    await vscode.commands.executeCommand("workbench.panel.testResults.view.focus");
    for (const each of told) for (const item of each.items) this.report(run, item, each.file);
    if (how === "cover") for (const coverage of coverageOf(answer)) run.addCoverage(coverage);
    run.end();
  }

  private async discover(): Promise<void> {
    const uris = await vscode.workspace.findFiles(TEST_GLOB, IGNORED);
    const found = new Set(uris.map((uri) => uri.toString()));
    this.controller.items.forEach((item) => {
      if (!found.has(item.id)) this.forget(vscode.Uri.parse(item.id));
    });
    for (const uri of uris) await this.read(uri);
  }

  private async read(uri: vscode.Uri | undefined): Promise<void> {
    if (uri === undefined || uri.scheme !== "file") return;
    try {
      const document = vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri.toString());
      this.update(uri, document?.getText() ?? new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)));
    } catch {
      this.forget(uri);
    }
  }

  private edited(document: vscode.TextDocument): void {
    if (document.uri.scheme === "file" && isTestName(document.uri.path)) this.update(document.uri, document.getText());
  }

  private update(uri: vscode.Uri, text: string): void {
    const id = uri.toString();
    const cases = testsOf(text);
    if (cases.length === 0) {
      this.forget(uri);
      return;
    }
    const top = this.controller.items.get(id) ?? this.controller.createTestItem(id, basename(uri.fsPath), uri);
    top.canResolveChildren = true;
    const items = cases.map((each) => {
      const key = `${id}#${each.name}`;
      const item = top.children.get(key) ?? this.controller.createTestItem(key, each.name, uri);
      item.range = range(each.at);
      item.sortText = String(each.at.start.line).padStart(8, "0");
      return item;
    });
    top.children.replace(items);
    this.controller.items.add(top);
  }

  private forget(uri: vscode.Uri): void {
    this.controller.items.delete(uri.toString());
  }

  private async run(request: vscode.TestRunRequest, token: vscode.CancellationToken, how: How): Promise<void> {
    const wanted = this.wanted(request);
    const run = this.controller.createTestRun(request);
    for (const items of wanted.values()) for (const item of items) run.enqueued(item);
    for (const [id, items] of wanted) {
      if (token.isCancellationRequested) break;
      await this.runFile(run, id, items, token, how);
    }
    run.end();
  }

  /** The tests that a request means, by file. */
  private wanted(request: vscode.TestRunRequest): Map<string, vscode.TestItem[]> {
    const wanted = new Map<string, vscode.TestItem[]>();
    const excluded = new Set(request.exclude);
    const add = (item: vscode.TestItem): void => {
      if (excluded.has(item)) return;
      if (item.parent === undefined) {
        item.children.forEach(add);
        return;
      }
      const items = wanted.get(item.parent.id) ?? [];
      if (!items.includes(item)) items.push(item);
      wanted.set(item.parent.id, items);
    };
    if (request.include === undefined) this.controller.items.forEach(add);
    else request.include.forEach(add);
    return wanted;
  }

  private async runFile(
    run: vscode.TestRun,
    id: string,
    items: readonly vscode.TestItem[],
    token: vscode.CancellationToken,
    how: How,
  ): Promise<void> {
    for (const item of items) run.started(item);
    const begin = Date.now();
    const [only] = items;
    const name = items.length === 1 ? only?.label : undefined;
    const params = { uri: id, file: id, name };
    try {
      const answer = await this.server.ask(METHODS[how], params, { token });
      const [file] = resultsOf(answer);
      const share = (Date.now() - begin) / Math.max(items.length, 1);
      for (const item of items) this.report(run, item, file, share);
      if (how === "cover") for (const coverage of coverageOf(answer)) run.addCoverage(coverage);
      if (how === "explain") for (const item of items) await this.explain(id, item, token);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      for (const item of items) {
        if (token.isCancellationRequested) run.skipped(item);
        else run.errored(item, new vscode.TestMessage(message));
      }
    }
  }

  private report(run: vscode.TestRun, item: vscode.TestItem, file: FileResult | undefined, duration?: number): void {
    const result = file?.cases.find(({ name }) => name === item.label);
    if (result?.skipped !== undefined) {
      run.appendOutput(`skipped: ${result.skipped}\r\n`, undefined, item);
      run.skipped(item);
      return;
    }
    if (result?.passed === true) {
      run.passed(item, duration);
      return;
    }
    const failures = result?.failures ?? file?.broken ?? [];
    if (failures.length === 0) {
      run.errored(item, new vscode.TestMessage("the file on disk has no such test; save it first"), duration);
      return;
    }
    for (const { message, details } of failures) {
      run.appendOutput(`${message}\n${details}\n`.replaceAll("\n", "\r\n"), undefined, item);
    }
    const messages = failures.map((failure) => messageOf(failure, item));
    if (result === undefined) run.errored(item, messages, duration);
    else run.failed(item, messages, duration);
  }

  /** "Debug": shows why the rules of a test matched or did not, event by event. */
  private async explain(id: string, item: vscode.TestItem, token: vscode.CancellationToken): Promise<void> {
    const answer = await this.server.ask("falco-rs/tests/explain", { uri: id, file: id, name: item.label }, { token });
    await this.show(`${item.label}.explanation`, explanationOf(answer));
  }
}

/** A failure, where the test file says what is expected. */
function messageOf({ message, details, line }: Failure, item: vscode.TestItem): vscode.TestMessage {
  const text = new vscode.TestMessage(details === "" ? message : `${message}\n\n${details}`);
  const at = line === undefined ? item.range?.start : new vscode.Position(Math.max(line - 1, 0), 0);
  if (item.uri !== undefined && at !== undefined) text.location = new vscode.Location(item.uri, at);
  return text;
}
