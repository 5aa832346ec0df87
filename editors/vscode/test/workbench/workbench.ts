// A VS Code workbench in a real browser, and the moves of a hand in it.

import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { chromium, type Browser, type Locator, type Page } from "playwright-core";

import type { Tools } from "./tools";

/** The machine may be busy, so that everything gets this long, in milliseconds. */
export const PATIENCE = 60_000;

export interface Setup {
  readonly tools: Tools;
  /** A folder for everything that the workbench writes. */
  readonly scratch: string;
  /** The folder that is opened. */
  readonly workspace: string;
  readonly vsix: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

export class Workbench {
  private constructor(
    private readonly server: ChildProcess,
    private readonly browser: Browser,
    readonly page: Page,
    readonly workspace: string,
    private readonly setup: Setup,
    /** Errors that the page's own scripts threw. */
    readonly pageErrors: readonly string[],
  ) {}

  /** Installs the extension, starts code-server on the workspace, and opens it in the browser. */
  static async open(setup: Setup): Promise<Workbench> {
    const { tools, scratch, workspace, vsix } = setup;
    const user = join(scratch, "user-data");
    writeSettings(setup, {});
    const config = join(scratch, "config.yaml");
    writeFileSync(config, "auth: none\ncert: false\n");
    const common = [
      ...[tools.entry, "--config", config, "--user-data-dir", user, "--extensions-dir", join(scratch, "extensions")],
      ...["--disable-telemetry", "--disable-update-check", "--disable-workspace-trust", "--disable-getting-started-override"],
    ];
    await finish(spawn(process.execPath, [...common, "--install-extension", vsix], { stdio: "pipe" }));

    const server = spawn(process.execPath, [...common, "--auth", "none", "--bind-addr", "127.0.0.1:0", workspace], {
      stdio: "pipe",
    });
    try {
      const address = await listening(server);
      const browser = await chromium.launch({ executablePath: tools.chromium, args: ["--no-sandbox"] });
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        permissions: ["clipboard-read", "clipboard-write"],
      });
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE);
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(error.message));
      await page.goto(`${address}?folder=${encodeURIComponent(workspace)}`);
      await page.locator(".monaco-workbench .part.statusbar").waitFor();
      return new Workbench(server, browser, page, workspace, setup, errors);
    } catch (error) {
      server.kill("SIGKILL");
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.server.kill("SIGTERM");
  }

  /** What a file of the workspace holds on disk. */
  text(name: string): string {
    return readFileSync(join(this.workspace, name), "utf8");
  }

  /** Changes settings, beside those that it began with. */
  async configure(changes: Readonly<Record<string, unknown>>): Promise<void> {
    writeSettings(this.setup, changes);
    // They are watched, and taken over within a moment; nothing that can be seen tells when.
    await this.page.waitForTimeout(1_000);
  }

  /** Texts that decorations add to the editor's lines. */
  decorations(): Promise<string[]> {
    // Code for the page, which has types of its own.
    return this.page.evaluate<string[]>(`
      [...document.querySelectorAll(".view-lines span")]
        .map((span) => getComputedStyle(span, "::after").content)
        .filter((content) => content.startsWith('"'))
        .map((content) => content.slice(1, -1))`);
  }

  /** Puts a text into the clipboard. */
  async copy(text: string): Promise<void> {
    await this.page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
  }

  /** Presses keys, such as `Control+S`. */
  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text, { delay: 20 });
  }

  /** Opens a file by its name, at a place (both one-based). */
  async openFile(name: string, line = 1, column = 1): Promise<void> {
    await this.quickInput("Control+P", `${name}:${line}:${column}`);
    await this.page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
    await this.editor().waitFor();
  }

  /** Runs a command by its title. One that `asks` leaves a box of its own open. */
  async command(title: string, asks?: "asks"): Promise<void> {
    await this.quickInput("F1", `>${title}`, asks);
  }

  /** Puts the cursor at a place of the editor (both one-based). */
  async goto(line: number, column: number): Promise<void> {
    await this.quickInput("Control+G", `:${line}:${column}`);
  }

  /** Fills the box at the top and takes its first offer. */
  async quickInput(key: string, text: string, asks?: "asks"): Promise<void> {
    const box = this.page.locator(".quick-input-widget input[type=text]");
    await this.press("Escape", key);
    await box.waitFor();
    await box.fill(text);
    await this.page.locator(".quick-input-list .monaco-list-row").first().waitFor();
    // Offers come in several waves; the best one is first when they have settled.
    await this.page.waitForTimeout(400);
    await this.press("Enter");
    if (asks === undefined) await box.waitFor({ state: "hidden" });
  }

  async save(): Promise<void> {
    const dirty = this.page.locator(".tab.active.dirty");
    // A box that is just closing still takes the keys.
    await this.until("the file is saved", async () => {
      await this.press("Control+S");
      await this.page.waitForTimeout(300);
      return !(await dirty.isVisible());
    });
  }

  /** Closes all editors, and throws away what was not saved. */
  async discardChanges(): Promise<void> {
    await this.command("View: Close All Editors");
    const dialog = this.page.locator(".monaco-dialog-box .monaco-button", { hasText: "Don't Save" });
    const none = this.page.locator(".editor-group-container.empty");
    await dialog.or(none).first().waitFor();
    if (await dialog.isVisible()) await dialog.click();
    await none.waitFor();
  }

  /** The editor that has the focus, or had it last. */
  editor(): Locator {
    return this.page.locator(".editor-group-container.active .monaco-editor").first();
  }

  /** Waits until something holds. */
  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const end = Date.now() + PATIENCE;
    while (!(await holds())) {
      if (Date.now() > end) throw new Error(`this did not come true in ${PATIENCE / 1000} s: ${what}`);
      await this.page.waitForTimeout(200);
    }
  }

  async screenshot(path: string): Promise<void> {
    await this.page.screenshot({ path });
  }
}

/** A remote window takes the paths of programs from the machine's settings; those of the user are of another machine. */
function writeSettings({ scratch, settings }: Setup, changes: Readonly<Record<string, unknown>>): void {
  for (const scope of ["User", "Machine"]) {
    const folder = join(scratch, "user-data", scope);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "settings.json"), JSON.stringify({ ...settings, ...changes }, undefined, 2));
  }
}

async function finish(child: ChildProcess): Promise<void> {
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => output.push(String(chunk)));
  const code = await new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  if (code !== 0) throw new Error(`code-server did not install the extension (status ${code}):\n${output.join("")}`);
}

/** Waits for the address that code-server prints. */
function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    const timer = setTimeout(() => reject(new Error(`code-server does not listen:\n${output}`)), PATIENCE);
    const take = (chunk: Buffer): void => {
      output += String(chunk);
      const address = /HTTP server listening on (http:\/\/\S+)/.exec(output)?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(address);
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`code-server ended with status ${code}:\n${output}`)));
  });
}
