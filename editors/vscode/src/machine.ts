// The machine as the search for the program sees it.

import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";

import type { Machine, Probe } from "./locate";

export function machine(): Machine {
  return { platform: process.platform, env: process.env, home: homedir(), probe };
}

function probe(path: string): Probe {
  try {
    if (statSync(path).isDirectory()) return "directory";
  } catch {
    return "missing";
  }
  try {
    accessSync(path, constants.X_OK);
    return "executable";
  } catch {
    return "not-executable";
  }
}
