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

/** How rules are run. */
export interface RunSettings {
  /** Glob patterns of the recordings that are offered. */
  readonly captures: readonly string[];
  /** How long "try live" watches the kernel, in seconds. */
  readonly liveSeconds: number;
}

export function runSettings(read: Read): RunSettings {
  const captures = texts(read("run.captures"));
  const seconds = read("run.liveSeconds");
  return {
    captures: captures.length === 0 ? DEFAULT_CAPTURES : captures,
    liveSeconds: typeof seconds === "number" && Number.isInteger(seconds) && seconds > 0 ? Math.min(seconds, MAX_SECONDS) : 10,
  };
}

/** The server takes no more. */
const MAX_SECONDS = 600;

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
