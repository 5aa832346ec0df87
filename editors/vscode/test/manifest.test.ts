// What the JSON files promise: names claimed, commands and settings that exist, patterns that match what they should.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { test } from "node:test";

import { classify } from "../src/detect";
import { RESTART_SETTINGS, runSettings } from "../src/settings";
import { ROOT } from "./support/paths";
import { tokenize } from "./support/tokenize";

const readText = (path: string): string => readFileSync(join(ROOT, path), "utf8");

interface Manifest {
  name: string;
  version: string;
  icon: string;
  main: string;
  dependencies: Record<string, string>;
  capabilities: { untrustedWorkspaces: { restrictedConfigurations: string[] } };
  contributes: {
    languages: {
      id: string;
      extensions: string[];
      filenames: string[];
      filenamePatterns: string[];
      firstLine: string;
      configuration: string;
      icon: Record<string, string>;
    }[];
    grammars: { scopeName: string; path: string }[];
    snippets: { path: string }[];
    commands: { command: string }[];
    menus: Record<string, { command: string }[]>;
    viewsContainers: { activitybar: { id: string; icon: string }[] };
    views: Record<string, { id: string; icon: string }[]>;
    viewsWelcome: { view: string; contents: string }[];
    walkthroughs: { steps: { media: { markdown: string } }[] }[];
    problemMatchers: { pattern: { regexp: string }[] }[];
    configuration: { properties: Record<string, { default: unknown; pattern?: string }> };
  };
}

const manifest = JSON.parse(readText("package.json")) as Manifest;
const language = manifest.contributes.languages[0];
assert.ok(language !== undefined);

/** Whether a name pattern of VS Code matches: one without `/` speaks of the last part, `**` of any folders. */
function matches(pattern: string, path: string): boolean {
  const subject = pattern.includes("/") ? path : path.slice(path.lastIndexOf("/") + 1);
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*\*\/|\*/g, (stars) => (stars === "*" ? "[^/]*" : "(?:.*/)?"));
  return new RegExp(`^${source}$`, "i").test(subject);
}

function claims(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  return (
    language!.filenames.includes(name) ||
    language!.extensions.some((extension) => name.endsWith(extension)) ||
    language!.filenamePatterns.some((pattern) => matches(pattern, path))
  );
}

test("rules files are claimed by name", () => {
  for (const path of [
    "/etc/falco/falco_rules.yaml",
    "/etc/falco/falco_rules.local.yaml",
    "/etc/falco/rules.d/10-own.yaml",
    "/etc/falco/rules.d/own.yml",
    "/r/falco-incubating_rules.yaml",
    "/r/k8s_audit_rules.yaml",
    "/r/k8s_audit_rules.yml",
    "/r/k8s_audit_rules.local.yaml",
    "/r/shells.falco.yaml",
    "/r/shells.falco.yml",
    "/r/foo..bar_rules.yaml",
  ]) {
    assert.ok(claims(path), path);
  }
  for (const path of [
    "/r/rules.yaml",
    "/r/values.yaml",
    "/r/falco.yaml",
    "/r/shell_rules_test.yaml",
    "/r/shells_rules.yaml.bak",
    "/r/rules.d/readme.md",
    "/r/rules.d/deeper/x.yaml",
    "/r/.falco-rs.yaml",
  ]) {
    assert.ok(!claims(path), path);
  }
});

test("files without a telling name are claimed by their first line", () => {
  const firstLine = new RegExp(language.firstLine);
  for (const line of ["- rule: A", "- macro: m", `- "rule": A`, "  -  required_engine_version: 1"]) {
    assert.match(line, firstLine);
  }
  for (const line of ["rule: A", "- rules: A", "- name: x", "# - rule: A", "- list: x"]) assert.doesNotMatch(line, firstLine);
});

test("every file that the manifest names is there", () => {
  const { grammars, snippets } = manifest.contributes;
  const paths = [
    manifest.icon,
    language.configuration,
    ...Object.values(language.icon),
    ...grammars.map(({ path }) => path),
    ...snippets.map(({ path }) => path),
  ];
  for (const path of paths) assert.ok(existsSync(join(ROOT, path)), path);
  const grammar = JSON.parse(readText(grammars[0]?.path ?? "")) as { scopeName: string };
  assert.equal(grammar.scopeName, grammars[0]?.scopeName);
});

/** The text of a source file and of all that it imports from here. */
function sourcesOf(entry: string, seen = new Set<string>()): string {
  if (seen.has(entry)) return "";
  seen.add(entry);
  const text = readText(entry);
  const imports = [...text.matchAll(/from "(\.[^"]+)"/g)].map(([, path]) => `${posix.join(posix.dirname(entry), path ?? "")}.ts`);
  return [text, ...imports.map((path) => sourcesOf(path, seen))].join("\n");
}

test("every command is registered, on the desktop and in the browser", () => {
  for (const source of ["src/extension.ts", "src/web.ts"]) {
    const registered = [...sourcesOf(source).matchAll(/"(falco-rs\.[a-zA-Z]+)"/g)].map((match) => match[1]);
    for (const { command } of manifest.contributes.commands) assert.ok(registered.includes(command), `${source}: ${command}`);
  }
});

test("menus, views and the walkthrough name what exists", () => {
  const { commands, menus, views, viewsContainers, viewsWelcome, walkthroughs } = manifest.contributes;
  const known = new Set(commands.map(({ command }) => command));
  for (const entries of Object.values(menus)) for (const { command } of entries) assert.ok(known.has(command), command);
  const ids = Object.values(views).flat();
  for (const { id, icon } of ids) {
    assert.match(sourcesOf("src/extension.ts"), new RegExp(`createTreeView<\\w+>\\("${id}"`));
    assert.ok(existsSync(join(ROOT, icon)), icon);
  }
  for (const { id, icon } of viewsContainers.activitybar) {
    assert.ok(views[id] !== undefined);
    assert.ok(existsSync(join(ROOT, icon)), icon);
  }
  for (const { view } of viewsWelcome) assert.ok(ids.some(({ id }) => id === view), view);
  for (const { media } of walkthroughs.flatMap(({ steps }) => steps)) assert.ok(existsSync(join(ROOT, media.markdown)));
  const links = JSON.stringify([walkthroughs, viewsWelcome]).matchAll(/command:(falco-rs\.\w+)/g);
  for (const [, command] of links) assert.ok(known.has(command ?? ""), command);
});

test("the readme's pictures exist, and are where the packaging takes them from", () => {
  const links = [...readText("README.md").matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, link]) => link ?? "");
  assert.ok(links.length > 0);
  for (const link of links) {
    assert.match(link, /^\.\.\/\.\.\/docs\/images\/[\w-]+\.png$/);
    assert.ok(existsSync(join(ROOT, link)), link);
  }
});

test("the problem matcher reads what `falco-rs check` prints", () => {
  const [matcher] = manifest.contributes.problemMatchers;
  assert.ok(matcher !== undefined);
  const lines = [
    "error[LOAD_ERR_COMPILE_CONDITION]: unknown field `proc.nam`",
    "  ┌─ rules/a b_rules.yaml:3:35",
    "  │",
  ];
  const found = matcher.pattern.map(({ regexp }, i) => new RegExp(regexp).exec(lines[i] ?? "")?.slice(1));
  assert.deepEqual(found, [
    ["error", "LOAD_ERR_COMPILE_CONDITION", "unknown field `proc.nam`"],
    ["rules/a b_rules.yaml", "3", "35"],
  ]);
});

test("each setting's default is what the code falls back to", () => {
  const { properties } = manifest.contributes.configuration;
  const run = runSettings(() => undefined);
  assert.deepEqual(properties["falco-rs.run.captures"]?.default, run.captures);
  assert.equal(properties["falco-rs.run.liveSeconds"]?.default, run.liveSeconds);
});

test("settings that choose a program need trust, restart the server and are told in the readme", () => {
  const { properties } = manifest.contributes.configuration;
  const server = Object.keys(properties).filter((key) => key.startsWith("falco-rs.server."));
  assert.equal(server.length, 3);
  assert.deepEqual([...RESTART_SETTINGS].sort(), [...server].sort());
  assert.deepEqual([...manifest.capabilities.untrustedWorkspaces.restrictedConfigurations].sort(), [...server].sort());
  const readme = readText("README.md");
  for (const key of Object.keys(properties)) assert.ok(readme.includes(`\`${key}\``), key);
  const engine = new RegExp(properties["falco-rs.engineVersion"]?.pattern ?? "");
  for (const good of ["", "57", "0.57", "0.57.0"]) assert.match(good, engine);
  for (const bad of ["x", "0.57.", "v1", "0.57.0.1"]) assert.doesNotMatch(bad, engine);
});

test("the only dependencies at run time are the language client and a YAML parser", () => {
  assert.deepEqual(Object.keys(manifest.dependencies), ["vscode-languageclient", "yaml"]);
});

test("the lockfile names no registry, and the licence is the project's", () => {
  assert.doesNotMatch(readText("package-lock.json"), /"resolved"/);
  assert.equal(readText("LICENSE"), readFileSync(join(ROOT, "..", "..", "LICENSE"), "utf8"));
  assert.match(readText("CHANGELOG.md"), new RegExp(`^## ${manifest.version.replaceAll(".", "\\.")}$`, "m"));
});

interface Configuration {
  wordPattern: string;
  indentationRules: { increaseIndentPattern: string; decreaseIndentPattern: string };
  onEnterRules: { beforeText: string }[];
}
const configuration = JSON.parse(readText("language-configuration.json")) as Configuration;

test("a field, a macro and a hyphenated key are one word each", () => {
  const words = (text: string): string[] => text.match(new RegExp(configuration.wordPattern, "g")) ?? [];
  assert.deepEqual(words("proc.name = cat and not (a_macro)"), ["proc.name", "cat", "and", "not", "a_macro"]);
  assert.deepEqual(words("(user=%user.name %proc.aname[2])."), ["user", "user.name", "proc.aname", "2"]);
  assert.deepEqual(words("skip-if-unknown-filter: true"), ["skip-if-unknown-filter", "true"]);
  assert.deepEqual(words("fd.sip=10.0.0.1 and fd.num>=-1"), ["fd.sip", "10.0.0.1", "and", "fd.num", "-1"]);
  assert.deepEqual(words("The end."), ["The", "end"]);
  assert.ok(!new RegExp(`^(?:${configuration.wordPattern})$`).test(""), "it must not match nothing");
});

test("the next line is indented after a key without value, and aligned after an item's head", () => {
  const increase = new RegExp(configuration.indentationRules.increaseIndentPattern);
  for (const line of ["  condition: >", "  desc: |-  # text", "  exceptions:", "- required_plugin_versions:", "      values:"]) {
    assert.match(line, increase);
  }
  for (const line of ["  condition: a = b", "- rule: A", "  tags: [a]", "    proc.name = cat", "# key:", ""]) {
    assert.doesNotMatch(line, increase);
  }
  const align = new RegExp(configuration.onEnterRules[0]?.beforeText ?? "");
  for (const line of ["- rule: A", "  - name: x", "- list: l # c"]) assert.match(line, align);
  for (const line of ["- rule: >", "- a", "  rule: A", "- required_plugin_versions:"]) assert.doesNotMatch(line, align);
});

const snippets = JSON.parse(readText("snippets/falco-rules.json")) as Record<
  string,
  { prefix: string[]; description: string; body: string[] }
>;

/** A snippet as it stands when every default was accepted. */
function accepted(body: readonly string[]): string {
  let text = body.join("\n");
  const values = new Map<string, string>();
  for (let before = ""; before !== text; ) {
    before = text;
    text = text
      .replace(/\$\{(\d+)\|([^,|]*)[^|]*\|\}/g, (_, number: string, first: string) => (values.set(number, first), first))
      .replace(/\$\{(\d+):([^${}]*)\}/g, (_, number: string, value: string) => (values.set(number, value), value));
  }
  return text.replace(/\$\{?(\d+)\}?/g, (_, number: string) => values.get(number) ?? "");
}

for (const [name, { prefix, body }] of Object.entries(snippets)) {
  test(`the snippet "${name}" is a piece of a rules file`, async () => {
    assert.ok(prefix.length > 0);
    const text = accepted(body);
    assert.doesNotMatch(text, /\$\{|\$\d/, "a placeholder is left");
    const nested = text.startsWith("- name:");
    const file = nested ? `- rule: r\n  exceptions:\n${text.replace(/^(?=.)/gm, "    ")}` : text;
    assert.equal(classify(file), "rules");
    for (const token of (await tokenize(file.split("\n"))).flat()) {
      assert.ok(!token.scopes.some((scope) => scope.startsWith("invalid") || scope.startsWith("entity.name.tag.key")), file);
    }
  });
}
