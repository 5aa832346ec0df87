// The language server's life: found, started, watched, restarted, stopped.

import * as vscode from "vscode";
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  RevealOutputChannelOn,
  WorkDoneProgress,
  type LanguageClientOptions,
  type ServerCapabilities,
} from "vscode-languageclient/node";

import type { Cli } from "./cli";
import { lensCommand, methodsOf } from "./custom";
import { FALCO_RULES } from "./detect";
import * as messages from "./messages";
import { start as startProcess, type Exit, type Running } from "./process";
import { RestartPolicy } from "./restart";
import { initializationOptions, SECTION, serverSettings } from "./settings";
import type { Status } from "./status";

/** How long a server may take to leave after it was asked to, in milliseconds. */
const PATIENCE = 2_000;

/** What goes along with a request. */
export interface Asked {
  readonly token?: vscode.CancellationToken;
  /** Is told how far the server is. */
  readonly report?: (message: string | undefined, percentage: number | undefined) => void;
}

interface Session {
  readonly client: LanguageClient;
  readonly running: Running;
  readonly path: string;
  /** The server answered `initialize`. */
  ready: boolean;
  /** It is being stopped by us, so that its end is no accident. */
  stopping: boolean;
}

export class Server implements vscode.Disposable {
  private readonly trace = vscode.window.createOutputChannel("Falco rules trace");
  private readonly readied = new vscode.EventEmitter<void>();
  private readonly policy = new RestartPolicy();
  private session: Session | undefined;
  /** Starts and stops happen one after the other, in the order in which they were asked for. */
  private queue: Promise<void> = Promise.resolve();
  private disposed = false;
  /** Requests with progress so far, for tokens that differ. */
  private asked = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly cli: Cli,
    private readonly output: vscode.OutputChannel,
    private readonly status: Status,
  ) {}

  /** Fires when a server has begun to answer. */
  readonly onDidStart = this.readied.event;

  /** What the server that runs now offers. */
  get capabilities(): ServerCapabilities | undefined {
    const { session } = this;
    return session?.ready === true ? session.client.initializeResult?.capabilities : undefined;
  }

  /** Whether the server runs and has a method of its own. */
  offers(method: string): boolean {
    return methodsOf(this.capabilities).has(method);
  }

  /**
   * Asks by one of the server's own methods, and starts the server where it does not run. What hinders is thrown with a
   * message for people.
   */
  async ask(method: string, params: object | undefined, { token, report }: Asked = {}): Promise<unknown> {
    await this.start();
    const { session } = this;
    if (session?.ready !== true) throw new Error("the language server does not run");
    if (!this.offers(method)) {
      throw new Error(`this version of falco-rs has no method \`${method}\`; a newer one is needed`);
    }
    const { client } = session;
    // An absent token must not be passed on: it would count as a second parameter.
    const send = (all: object | undefined): Promise<unknown> =>
      token === undefined ? client.sendRequest(method, all) : client.sendRequest(method, all, token);
    if (report === undefined) return send(params);
    this.asked += 1;
    const workDoneToken = `falco-rs-ask-${this.asked}`;
    const listening = client.onProgress(WorkDoneProgress.type, workDoneToken, (progress) => {
      if (progress.kind === "report") report(progress.message, progress.percentage);
    });
    try {
      return await send({ ...params, workDoneToken });
    } finally {
      listening.dispose();
    }
  }

  /** Starts the server unless it runs already. */
  start(): Promise<void> {
    return this.enqueue(() => this.open());
  }

  /** Stops the server if it runs, and starts it. */
  restart(): Promise<void> {
    this.policy.reset();
    this.giveUpWaiting();
    return this.enqueue(async () => {
      await this.close();
      await this.open();
    });
  }

  stop(): Promise<void> {
    this.giveUpWaiting();
    return this.enqueue(() => this.close());
  }

  showOutput(): void {
    this.output.show(true);
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.timer);
    void this.stop().finally(() => this.trace.dispose());
  }

  /** Ends a server that has not answered yet, so that what was asked for now does not wait for it. */
  private giveUpWaiting(): void {
    const { session } = this;
    if (session === undefined || session.ready) return;
    session.stopping = true;
    session.running.child.kill("SIGKILL");
  }

  private enqueue(action: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(action).catch((error: unknown) => this.log(String(error)));
    return this.queue;
  }

  private async open(): Promise<void> {
    if (this.session !== undefined || this.disposed) return;
    clearTimeout(this.timer);
    this.status.show({ kind: "starting" });

    const location = this.cli.locate();
    if (location.kind === "missing") {
      for (const line of messages.missingDetail(location)) this.log(line);
      this.fail(messages.missing(location), location.problem, "Set Path", "How to Install", "Try Again");
      return;
    }

    const settings = serverSettings(read);
    const args = ["lsp", ...settings.extraArgs];
    this.log(`starting ${[location.path, ...args].join(" ")} (${location.origin})`);
    let running: Running;
    try {
      running = await startProcess({
        path: location.path,
        args,
        env: this.cli.env(),
        cwd: vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === "file")?.uri.fsPath,
      });
    } catch (error) {
      const message = messages.cannotStart(location.path, error);
      this.fail(message, message, "Set Path", "Try Again", "Show Output");
      return;
    }

    const client = this.client(running);
    const session: Session = { client, running, path: location.path, ready: false, stopping: false };
    this.session = session;
    void running.exit.then((exit) => this.ended(session, exit));
    try {
      await client.start();
    } catch (error) {
      this.log(`the server did not start: ${String(error)}`);
    }
    // When the connection breaks before the answer to `initialize`, the library's `start` succeeds all the same.
    if (!client.isRunning()) {
      // Its end says why, and tells the user; a server that lives on without having answered is of no use.
      await running.end(PATIENCE);
      return;
    }
    if (this.session !== session) return;
    session.ready = true;
    this.status.show({ kind: "running", version: client.initializeResult?.serverInfo?.version });
    this.readied.fire();
  }

  private async close(): Promise<void> {
    clearTimeout(this.timer);
    const { session } = this;
    if (session === undefined) return;
    session.stopping = true;
    this.session = undefined;
    if (session.ready) {
      try {
        await session.client.stop(PATIENCE);
      } catch (error) {
        this.log(`the server did not stop when it was asked to: ${String(error)}`);
      }
    }
    await session.running.end(session.ready ? PATIENCE : 0);
    if (!this.disposed) this.status.show({ kind: "stopped" });
  }

  /** The process is gone. */
  private ended(session: Session, exit: Exit): void {
    const how = exit.signal ?? `status ${exit.code ?? "unknown"}`;
    this.log(`the server ended (${how})`);
    if (!session.ready) for (const line of exit.lastWords) this.log(`  ${line}`);
    if (session.stopping || this.session !== session) return;
    this.session = undefined;
    // One that never got ready would fail again in the same way.
    const wait = session.ready ? this.policy.died(Date.now()) : undefined;
    if (wait === undefined) {
      const message = messages.died(session.path, exit, session.ready);
      this.fail(message, message, "Try Again", "Show Output");
      return;
    }
    this.log(`starting it again in ${wait} ms`);
    this.status.show({ kind: "starting" });
    this.timer = setTimeout(() => void this.start(), wait);
  }

  private client(running: Running): LanguageClient {
    const options: LanguageClientOptions = {
      documentSelector: [
        { language: FALCO_RULES, scheme: "file" },
        { language: FALCO_RULES, scheme: "untitled" },
        // The project file is plain YAML, but its keys and paths are ours.
        { language: "yaml", scheme: "file", pattern: "**/.falco-rs.yaml" },
      ],
      initializationOptions: initializationOptions(read),
      // Which files it wants to hear of, the server says itself.
      synchronize: { configurationSection: SECTION },
      outputChannel: this.output,
      traceOutputChannel: this.trace,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      middleware: {
        // The server's lenses are about rules; what comes of them is shown in our views.
        executeCommand: (command, args: unknown[], next) => {
          const ours = lensCommand(command, args[0]);
          return ours === undefined ? next(command, args) : vscode.commands.executeCommand(ours, args[0]);
        },
      },
      // A failed start is reported once, with its cause, when the process has ended.
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => ({ action: CloseAction.DoNotRestart, handled: true }),
      },
    };
    return new QuietClient(
      SECTION,
      "Falco rules",
      () => Promise.resolve({ process: running.child, detached: false }),
      options,
    );
  }

  /** Tells the user that there is no server, with buttons that help. */
  private fail(message: string, why: string, ...buttons: Button[]): void {
    this.log(message);
    this.status.show({ kind: "failed", why });
    void vscode.window.showErrorMessage(message, ...buttons).then((button) => {
      if (button !== undefined) return this.press(button);
    });
  }

  private async press(button: Button): Promise<void> {
    switch (button) {
      case "Set Path":
        await vscode.commands.executeCommand("workbench.action.openSettings", `${SECTION}.server.path`);
        return;
      case "How to Install":
        await vscode.commands.executeCommand("extension.open", this.context.extension.id);
        return;
      case "Show Output":
        this.showOutput();
        return;
      case "Try Again":
        await this.restart();
    }
  }

  private log(line: string): void {
    if (!this.disposed) this.output.appendLine(line);
  }
}

/** A client that writes its errors to the output channel and leaves messages to us, who know more about the cause. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

type Button = "Set Path" | "How to Install" | "Show Output" | "Try Again";

const read = (key: string): unknown => vscode.workspace.getConfiguration(SECTION).get(key);
