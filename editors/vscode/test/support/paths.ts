import { dirname, join } from "node:path";

/** The extension's folder. The tests run from `out/`, directly below it. */
export const ROOT = dirname(__dirname);

/** What the project shares between its checkouts; not part of the repository, so it may be absent. */
export const SHARED = join(ROOT, "..", "..", "..", "shared");
