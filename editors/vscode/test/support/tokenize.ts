// Runs the grammar as VS Code does: vscode-textmate on Oniguruma.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { createOnigScanner, createOnigString, loadWASM } from "vscode-oniguruma";
import { INITIAL, parseRawGrammar, Registry, type IGrammar, type StateStack } from "vscode-textmate";

import { ROOT } from "./paths";

const GRAMMAR = join(ROOT, "syntaxes", "falco-rules.tmLanguage.json");
const SCOPE = "source.falco-rules";
const SUFFIX = ".falco-rules";

export interface Token {
  readonly start: number;
  readonly end: number;
  /** Outermost first, without the file's own scope and without the language's suffix. */
  readonly scopes: readonly string[];
}

/** What the editor takes a token for when it matches brackets and decides about suggestions. */
export enum TokenType {
  Other = 0,
  Comment = 1,
  String = 2,
  RegEx = 3,
}

export interface TypedToken {
  readonly start: number;
  readonly end: number;
  readonly type: TokenType;
}

let loaded: Promise<IGrammar> | undefined;

async function load(): Promise<IGrammar> {
  const wasm = readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm"));
  await loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
  const registry = new Registry({
    onigLib: Promise.resolve({ createOnigScanner, createOnigString }),
    loadGrammar: async (name) =>
      name === SCOPE ? parseRawGrammar(readFileSync(GRAMMAR, "utf8"), GRAMMAR) : undefined,
  });
  const grammar = await registry.loadGrammar(SCOPE);
  if (grammar === null) throw new Error(`the grammar of ${SCOPE} does not load`);
  return grammar;
}

function grammar(): Promise<IGrammar> {
  loaded ??= load();
  return loaded;
}

/** The tokens of each line. */
export async function tokenize(lines: readonly string[]): Promise<Token[][]> {
  const rules = await grammar();
  let state: StateStack = INITIAL;
  return lines.map((line) => {
    const result = rules.tokenizeLine(line, state);
    if (result.stoppedEarly) throw new Error(`the tokenizer gave up on: ${line}`);
    state = result.ruleStack;
    return result.tokens.map((token) => ({
      start: token.startIndex,
      // The tokenizer works on the line with its line feed.
      end: Math.min(token.endIndex, line.length),
      scopes: token.scopes.slice(1).map((scope) => (scope.endsWith(SUFFIX) ? scope.slice(0, -SUFFIX.length) : scope)),
    }));
  });
}

/** The editor's idea of each token. */
export async function tokenTypes(lines: readonly string[]): Promise<TypedToken[][]> {
  const rules = await grammar();
  let state: StateStack = INITIAL;
  return lines.map((line) => {
    const result = rules.tokenizeLine2(line, state);
    state = result.ruleStack;
    const tokens: TypedToken[] = [];
    for (let i = 0; i < result.tokens.length; i += 2) {
      const start = result.tokens[i] ?? 0;
      const metadata = result.tokens[i + 1] ?? 0;
      // Bits 8 and 9 of the metadata, as vscode-textmate packs it.
      tokens.push({ start, end: result.tokens[i + 2] ?? line.length, type: (metadata >>> 8) & 3 });
    }
    return tokens;
  });
}
