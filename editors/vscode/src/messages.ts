// What the user is told when the server cannot be had. Plain text: it is shown in desktop and web editors alike.

import type { Location } from "./locate";
import type { Exit } from "./process";

export function missing(location: Extract<Location, { kind: "missing" }>): string {
  return `Falco rules: ${location.problem}. Highlighting and snippets work without it; diagnostics, completion and hover need the language server.`;
}

/** Where was looked, for the output channel. */
export function missingDetail(location: Extract<Location, { kind: "missing" }>): string[] {
  const where = location.tried.map((place) => `  looked at ${place}`);
  return [location.problem, ...where, "falco-rs is installed with `cargo install --path crates/cli` from its repository"];
}

export function cannotStart(path: string, error: unknown): string {
  return `Falco rules: \`${path}\` could not be started: ${reason(error)}.`;
}

/** A process that ended before or while it was needed. */
export function died(path: string, exit: Exit, started: boolean): string {
  const how = exit.signal !== null ? `was ended by ${exit.signal}` : `ended with status ${exit.code ?? "unknown"}`;
  const last = exit.lastWords.at(-1);
  const words = last === undefined ? "" : ` Its last words: ${last}`;
  return `Falco rules: the language server \`${path}\` ${how} ${started ? "again and again" : "before it was ready"}.${words}`;
}

export const WEB =
  "Falco rules: this editor runs in the browser alone and cannot start the falco-rs language server. Highlighting and snippets work; open the folder in a desktop or remote editor for diagnostics, completion and hover.";

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  switch (code) {
    case "ENOENT":
      return "there is no such program, or what it needs to run is missing";
    case "EACCES":
      return "it may not be executed";
    case "ENOEXEC":
    case "EFTYPE":
      return "it is not a program for this machine";
    default:
      return error.message;
  }
}
