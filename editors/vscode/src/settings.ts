// The settings that the extension itself acts on, read defensively: a hand-edited settings file may hold anything.

export const SECTION = "falco-rs";

export interface ServerSettings {
  readonly path: string;
  readonly extraArgs: readonly string[];
  /** `undefined` removes a variable. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Reads a setting below `falco-rs.`. */
export type Read = (key: string) => unknown;

export function serverSettings(read: Read): ServerSettings {
  return { path: text(read("server.path")), extraArgs: texts(read("server.extraArgs")), env: variables(read("server.env")) };
}

/** How captures, tests and explanations are run. */
export interface RunSettings {
  /** Glob patterns of the recordings that are offered. */
  readonly captures: readonly string[];
  /** A run ends after so many alerts. */
  readonly maxAlerts: number;
  /** Unsaved rules are written to disk before a run, which reads them there. */
  readonly saveBefore: boolean;
}

export function runSettings(read: Read): RunSettings {
  const captures = texts(read("run.captures"));
  const most = read("run.maxAlerts");
  return {
    captures: captures.length === 0 ? DEFAULT_CAPTURES : captures,
    maxAlerts: typeof most === "number" && Number.isInteger(most) && most > 0 ? most : 1_000,
    saveBefore: read("run.saveBefore") !== false,
  };
}

export const DEFAULT_CAPTURES: readonly string[] = ["**/*.{scap,scap.gz}"];

/** What the server is told when it starts; later changes reach it as `workspace/didChangeConfiguration`. */
export interface InitializationOptions {
  readonly engineVersion: string | null;
}

export function initializationOptions(read: Read): InitializationOptions {
  const engineVersion = text(read("engineVersion")).trim();
  return { engineVersion: engineVersion === "" ? null : engineVersion };
}

/** Settings whose change only a new server process can follow. */
export const RESTART_SETTINGS = ["server.path", "server.extraArgs", "server.env"].map((key) => `${SECTION}.${key}`);

/** An environment with the setting's variables applied. */
export function applyEnv(
  base: Readonly<Record<string, string | undefined>>,
  changes: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...base, ...changes })) if (value !== undefined) result[name] = value;
  return result;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((element): element is string => typeof element === "string") : [];
}

function variables(value: unknown): Record<string, string | undefined> {
  const result: Record<string, string | undefined> = {};
  if (typeof value !== "object" || value === null || Array.isArray(value)) return result;
  for (const [name, setting] of Object.entries(value)) {
    if (setting === null) result[name] = undefined;
    else if (["string", "number", "boolean"].includes(typeof setting)) result[name] = String(setting);
  }
  return result;
}
