// Rule tests in the Test Explorer: found in test files, run by `falco-rs test`, explained by `falco-rs explain`.

import { basename, dirname } from "node:path";

import * as vscode from "vscode";

import { lastWords, signalOf, type Cli } from "../cli";
import { range } from "../places";
import { isTestName, TEST_GLOB, testsOf, type TestFile } from "./cases";
import { coverageOf, RulesCoverage } from "./coverage";
import { explanationOf } from "./explain";
import { resultsOf, type FileResult } from "./results";

const IGNORED = "**/{node_modules,target,.git}/**";

/** Explanations and coverage come on top of a plain run. */
type How = "run" | "explain" | "cover";

export class RuleTests implements vscode.Disposable {
  private readonly controller = vscode.tests.createTestController("falco-rs.tests", "Falco rule tests");
  private readonly files = new Map<string, TestFile>();
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly cli: Cli,
    private readonly ask: (method: string, params: object, token: vscode.CancellationToken) => Promise<unknown>,
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

  /** Runs every test that speaks of a rule. */
  async runForRule(rule: string, how: "run" | "cover"): Promise<void> {
    await this.discover();
    const items: vscode.TestItem[] = [];
    this.controller.items.forEach((file) => {
      const cases = this.files.get(file.id)?.cases ?? [];
      file.children.forEach((item) => {
        if (cases.some((each) => each.name === item.label && each.rules.includes(rule))) items.push(item);
      });
    });
    if (items.length === 0) {
      void vscode.window.showInformationMessage(`No test expects an alert of the rule “${rule}”.`);
      return;
    }
    const source = new vscode.CancellationTokenSource();
    await vscode.commands.executeCommand("workbench.panel.testResults.view.focus");
    await this.run(new vscode.TestRunRequest(items), source.token, how);
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
    const file = testsOf(text);
    if (file.cases.length === 0) {
      this.forget(uri);
      return;
    }
    this.files.set(id, file);
    const top = this.controller.items.get(id) ?? this.controller.createTestItem(id, basename(uri.fsPath), uri);
    top.canResolveChildren = true;
    const items = file.cases.map((each) => {
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
    this.files.delete(uri.toString());
    this.controller.items.delete(uri.toString());
  }

  private async run(request: vscode.TestRunRequest, token: vscode.CancellationToken, how: How): Promise<void> {
    const wanted = this.wanted(request);
    const run = this.controller.createTestRun(request);
    for (const items of wanted.values()) for (const item of items) run.enqueued(item);
    for (const [id, items] of wanted) {
      if (token.isCancellationRequested) break;
      await this.runFile(run, vscode.Uri.parse(id), items, token);
      if (token.isCancellationRequested) break;
      try {
        if (how === "explain") await this.explain(vscode.Uri.parse(id), items, token);
        if (how === "cover") await this.cover(run, id, items, token);
      } catch (error) {
        run.appendOutput(`${error instanceof Error ? error.message : String(error)}\r\n`);
      }
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
    uri: vscode.Uri,
    items: readonly vscode.TestItem[],
    token: vscode.CancellationToken,
  ): Promise<void> {
    for (const item of items) run.started(item);
    const begin = Date.now();
    const args = ["test", uri.fsPath, "--format", "json"];
    // Names may hold one another, so a single test is the only case in which the program is told which.
    const [only] = items;
    if (only !== undefined && items.length === 1) args.push(`--filter=${only.label}`);
    let results: FileResult[] | undefined;
    let trouble: string | undefined;
    try {
      const finished = await this.cli.run(args, { cwd: dirname(uri.fsPath), signal: signalOf(token) });
      if (finished.stopped) {
        for (const item of items) run.skipped(item);
        return;
      }
      results = resultsOf(finished.stdout);
      if (results === undefined) trouble = lastWords(finished);
    } catch (error) {
      trouble = error instanceof Error ? error.message : String(error);
    }
    const [file] = results ?? [];
    const share = (Date.now() - begin) / Math.max(items.length, 1);
    for (const item of items) this.report(run, item, file, trouble, share);
  }

  private report(
    run: vscode.TestRun,
    item: vscode.TestItem,
    file: FileResult | undefined,
    trouble: string | undefined,
    duration: number,
  ): void {
    const result = file?.cases.find(({ name }) => name === item.label);
    if (result?.passed === true) {
      run.passed(item, duration);
      return;
    }
    const failures = result?.failures ?? file?.broken ?? [];
    if (failures.length === 0) {
      run.errored(item, new vscode.TestMessage(trouble ?? "falco-rs reported nothing of this test"), duration);
      return;
    }
    const messages = failures.map(({ message, details, line }) => {
      const text = new vscode.TestMessage(details === "" ? message : `${message}\n\n${details}`);
      const at = line === undefined ? item.range?.start : new vscode.Position(Math.max(line - 1, 0), 0);
      if (item.uri !== undefined && at !== undefined) text.location = new vscode.Location(item.uri, at);
      return text;
    });
    for (const { message, details } of failures) {
      run.appendOutput(`${message}\n${details}\n`.replaceAll("\n", "\r\n"), undefined, item);
    }
    if (result === undefined) run.errored(item, messages, duration);
    else run.failed(item, messages, duration);
  }

  /** Asks the server how often each comparison of the tests' rules came out which way. */
  private async cover(
    run: vscode.TestRun,
    id: string,
    items: readonly vscode.TestItem[],
    token: vscode.CancellationToken,
  ): Promise<void> {
    const [only] = items;
    const name = items.length === 1 ? only?.label : undefined;
    const answer = await this.ask("falco-rs/coverage", { uri: id, file: id, name }, token);
    for (const coverage of coverageOf(answer)) run.addCoverage(coverage);
  }

  /** "Debug": shows for each test why its rules matched or did not, event by event. */
  private async explain(uri: vscode.Uri, items: readonly vscode.TestItem[], token: vscode.CancellationToken): Promise<void> {
    const file = this.files.get(uri.toString());
    if (file === undefined) return;
    for (const item of items) {
      const test = file.cases.find(({ name }) => name === item.label);
      if (test === undefined) continue;
      const text = await explanationOf(this.cli, uri, file, test, signalOf(token));
      await this.show(`${test.name}.explanation`, text);
    }
  }
}
