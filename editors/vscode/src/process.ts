// The server's process: its start, its last words, its end.

import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines that the process wrote to standard error. */
  readonly lastWords: readonly string[];
}

export interface Running {
  readonly child: Child;
  /** Settles when the process has ended and all its output was read. */
  readonly exit: Promise<Exit>;
  /** Ends the process: it gets the given time to leave by itself. */
  end(patience: number): Promise<Exit>;
}

export interface Command {
  readonly path: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
}

const LAST_LINES = 20;
const LAST_LINE_LENGTH = 500;

/** Starts a process. Rejects when the system refuses to. */
export function start(command: Command): Promise<Running> {
  return new Promise((resolve, reject) => {
    let child: Child;
    try {
      child = spawn(command.path, [...command.args], {
        stdio: ["pipe", "pipe", "pipe"],
        env: command.env,
        windowsHide: true,
        ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
      });
    } catch (error) {
      reject(error instanceof Error ? error : new Error(String(error)));
      return;
    }

    const words = new LastWords();
    child.stderr.on("data", (data: Buffer) => words.add(data));
    const exit = new Promise<Exit>((done) => {
      child.once("close", (code, signal) => done({ code, signal, lastWords: words.lines() }));
    });
    child.once("error", reject);
    child.once("spawn", () => {
      child.off("error", reject);
      // Later errors (a signal that could not be sent) are no reason to bring the editor's host down.
      child.on("error", () => undefined);
      child.stdin.on("error", () => undefined);
      resolve({ child, exit, end: (patience) => end(child, exit, patience) });
    });
  });
}

async function end(child: Child, exit: Promise<Exit>, patience: number): Promise<Exit> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), patience);
  });
  try {
    const first = await Promise.race([exit, late]);
    if (first !== "late") return first;
    child.kill("SIGKILL");
    return await exit;
  } finally {
    clearTimeout(timer);
  }
}

/** Keeps the end of a stream of text. */
export class LastWords {
  private readonly decoder = new StringDecoder("utf8");
  private readonly complete: string[] = [];
  private partial = "";

  add(data: Buffer): void {
    const pieces = (this.partial + this.decoder.write(data)).split(/\r?\n/);
    this.partial = (pieces.pop() ?? "").slice(-LAST_LINE_LENGTH);
    for (const piece of pieces) this.push(piece);
  }

  lines(): string[] {
    const rest = this.partial.trim() === "" ? [] : [this.partial];
    return [...this.complete, ...rest].slice(-LAST_LINES);
  }

  private push(line: string): void {
    if (line.trim() === "") return;
    this.complete.push(line.slice(0, LAST_LINE_LENGTH));
    if (this.complete.length > LAST_LINES) this.complete.shift();
  }
}
