import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { classify, isFalcoName, languageFor, type Verdict } from "../src/detect";
import { parseFixture } from "./support/fixture";
import { ROOT, SHARED } from "./support/paths";

function check(verdict: Verdict, texts: Record<string, string>): void {
  for (const [what, text] of Object.entries(texts)) {
    test(`${verdict}: ${what}`, () => {
      assert.equal(classify(text), verdict);
      assert.equal(classify(text.replaceAll("\n", "\r\n")), verdict, "with CRLF");
      assert.equal(classify(`\uFEFF${text}`), verdict, "with a byte order mark");
      assert.equal(classify(`# a licence\n\n%YAML 1.2\n--- # start\n${text}`), verdict, "after a preamble");
    });
  }
}

check("rules", {
  "a rule": "- rule: A\n  desc: x\n  condition: evt.type = open\n",
  "a macro": "- macro: m\n  condition: x\n",
  "a list": "- list: l\n  items: []\n",
  "an engine version": "- required_engine_version: 0.57.0\n",
  "plugin versions": "- required_plugin_versions:\n  - name: json\n    version: 0.7.0\n",
  "keys in another order": "- condition: x\n  macro: m\n",
  "quoted keys": `- "macro": m\n  'condition': x\n`,
  "an item that is only begun": "- rule: A\n",
  "an item with a value that is still to come": "- rule:\n",
  "an indented sequence": "  - macro: m\n    condition: x\n",
  "a wide dash": "-   macro: m\n    condition: x\n",
  "a lone dash": "-\n  macro: m\n  condition: x\n",
  "a flow mapping": "- {macro: m, condition: x}\n",
  "a flow mapping on several lines": "- {macro: m,\n   condition: x}\n",
  "JSON": `[{"list": "l", "items": ["a"]}]\n`,
  "JSON on several lines": `[\n  {\n    "rule": "A",\n    "desc": "x"\n  }\n]\n`,
  "an unknown item first": "- rul: A\n  desc: x\n- macro: m\n  condition: x\n",
  "a null item first": "-\n- macro: m\n  condition: x\n",
  "a second document": "---\n---\n- list: l\n  items: []\n",
  "an override": "- rule: A\n  enabled: false\n  override: {enabled: replace}\n",
  "text that looks like keys in a block scalar": "- rule: A\n  desc: |\n    name: x\n  priority: INFO\n",
});

check("mapping", {
  "alert rules of another program": "groups:\n- name: g\n  rules:\n  - alert: A\n",
  "a Kubernetes resource": "apiVersion: v1\nkind: ConfigMap\ndata: {}\n",
  "a flow mapping": "{a: 1}\n",
  "rules below a key": "rules:\n- rule: A\n  condition: x\n",
  "one rule without its dash": "rule: A\ncondition: x\n",
});

check("other", {
  "a playbook": "- name: install\n  hosts: all\n  tasks:\n  - debug: {msg: rule}\n",
  "words that are heads elsewhere": "- list: users\n  when: x\n  register: y\n",
  "heads deeper down": "- name: x\n  rule: no\n  hosts: y\n- other:\n    - rule: A\n      condition: x\n",
  "a sequence of scalars": "- a\n- b: c d\n",
  "a scalar": "hello\n",
  "a head in a string": `- "rule: A"\n`,
  "a nested sequence": "- - rule: A\n    condition: x\n",
  "heads beyond the items that are looked at": `${"- name: x\n".repeat(30)}- rule: A\n  condition: x\n`,
});

check("empty", {
  nothing: "",
  comments: "# a\n  # b\n\n",
  "a document marker": "---\n...\n",
});

test("a huge text is judged by its top, quickly", () => {
  const start = performance.now();
  assert.equal(classify(`- name: x\n${"  key: value\n".repeat(2_000_000)}`), "other");
  assert.equal(classify(`- ${"x".repeat(20_000_000)}`), "other");
  assert.equal(classify(`[${"{".repeat(5_000_000)}`), "other");
  assert.equal(classify(`#${"\n#".repeat(5_000_000)}`), "empty");
  assert.ok(performance.now() - start < 2_000, `${performance.now() - start} ms`);
});

test("the language follows the content, and a name that says Falco stays", () => {
  const rules = "- macro: m\n  condition: x\n";
  const mapping = "groups: []\n";
  assert.equal(languageFor("yaml", "/a/shells.yaml", rules), "falco-rules");
  assert.equal(languageFor("yaml", "/a/values.yaml", mapping), undefined);
  assert.equal(languageFor("falco-rules", "/a/shell_rules.yaml", rules), undefined);
  assert.equal(languageFor("falco-rules", "/a/alert_rules.yml", mapping), "yaml");
  assert.equal(languageFor("falco-rules", "/a/rules.d/x.yaml", "- half\n"), undefined);
  assert.equal(languageFor("falco-rules", "/a/falco_rules.yaml", mapping), undefined);
  assert.equal(languageFor("falco-rules", "/a/x.falco.yaml", mapping), undefined);
  assert.equal(languageFor("python", "/a/x.py", rules), undefined);
});

test("only the last part of a path counts as the name", () => {
  assert.ok(isFalcoName("/etc/falco/Falco_rules.local.yaml"));
  assert.ok(isFalcoName("C:\\rules\\my-falco.yaml"));
  assert.ok(!isFalcoName("/home/falco/alert_rules.yml"));
});

test("the grammar's fixtures are rules files", () => {
  const folder = join(ROOT, "test", "fixtures");
  for (const name of readdirSync(folder)) {
    const { lines } = parseFixture(readFileSync(join(folder, name), "utf8"));
    assert.equal(classify(lines.join("\n")), "rules", name);
  }
});

const corpus = join(SHARED, "corpus");
if (existsSync(corpus)) {
  for (const folder of ["falco", "falco-archive", "plugins"]) {
    for (const name of readdirSync(join(corpus, folder)).filter((file) => /\.ya?ml$/.test(file))) {
      test(`rules: ${folder}/${name}`, () => {
        assert.equal(classify(readFileSync(join(corpus, folder, name), "utf8")), "rules");
      });
    }
  }
  // Hundreds of YAML files that have nothing to do with Falco.
  test("nothing in the YAML test suite is taken for rules", () => {
    const suite = join(corpus, "yaml-test-suite");
    const files = readdirSync(suite).filter((file) => file.endsWith(".yaml"));
    assert.ok(files.length > 100);
    for (const file of files) assert.notEqual(classify(readFileSync(join(suite, file), "utf8")), "rules", file);
  });
} else {
  console.error("skipped: ../shared is not here (detection on the official rules)");
}
