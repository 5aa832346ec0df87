// Runs the falco-rs program for one task and collects what it prints. No editor in here.
//
// Tests, captures and explanations run in processes of their own, so that neither a crash nor a heavy capture touches
// the language server.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface Task {
  readonly path: string;
  readonly args: readonly string[];
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** What is written to its standard input. */
  readonly input?: string;
  /** Ends the process when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Called with each line of standard output; the result then has none. Returning `false` ends the process. */
  readonly onLine?: (line: string) => boolean | void;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** It was ended by us. */
  readonly stopped: boolean;
}

/** More than this of an output is not kept. */
const MAX_OUTPUT = 64 * 1024 * 1024;
/** How long a process may take to leave, in milliseconds. */
const PATIENCE = 2_000;

/** Runs a task to its end. Rejects only when the program cannot be started. */
export function run(task: Task): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(task.path, [...task.args], { cwd: task.cwd, env: task.env, windowsHide: true });
    let stopped = false;
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      if (stopped) return;
      stopped = true;
      child.kill("SIGTERM");
      timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
    };
    if (task.signal?.aborted === true) stop();
    task.signal?.addEventListener("abort", stop, { once: true });

    const stdout = new Output();
    const stderr = new Output();
    child.stderr.on("data", (chunk: Buffer) => stderr.add(chunk));
    const { onLine } = task;
    if (onLine === undefined) {
      child.stdout.on("data", (chunk: Buffer) => stdout.add(chunk));
    } else {
      createInterface({ input: child.stdout }).on("line", (line) => {
        if (!stopped && onLine(line) === false) stop();
      });
    }
    // A program that does not read its input is no accident.
    child.stdin.on("error", () => undefined);
    child.stdin.end(task.input ?? "");

    const done = (): void => {
      clearTimeout(timer);
      task.signal?.removeEventListener("abort", stop);
    };
    child.once("error", (error) => {
      done();
      reject(error);
    });
    child.once("close", (code) => {
      done();
      resolve({ code, stdout: stdout.text(), stderr: stderr.text(), stopped });
    });
  });
}

/** Bytes up to a bound. */
class Output {
  private readonly chunks: Buffer[] = [];
  private length = 0;

  add(chunk: Buffer): void {
    if (this.length >= MAX_OUTPUT) return;
    this.chunks.push(chunk);
    this.length += chunk.length;
  }

  text(): string {
    return Buffer.concat(this.chunks).toString("utf8");
  }
}
