// Requests that may take their time: those that do get a notification that tells how far they are, with a button that ends them.

import * as vscode from "vscode";

import type { Server } from "../server";

export type Asks = Pick<Server, "ask">;

/** An answer that comes within this time, in milliseconds, needs no notification. */
const SOON = 500;

/** The server's answer; `undefined` when the user did not want it any more. */
export async function askWithProgress(server: Asks, title: string, method: string, params: object): Promise<unknown> {
  const source = new vscode.CancellationTokenSource();
  let tell: (message: string | undefined, percentage: number | undefined) => void = () => undefined;
  const answer = server.ask(method, params, { token: source.token, report: (...how) => tell(...how) }).catch((error: unknown) => {
    if (source.token.isCancellationRequested) return undefined;
    throw error;
  });
  try {
    if (await soon(answer)) return await answer;
    return await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      (progress, token) => {
        token.onCancellationRequested(() => source.cancel());
        let told = 0;
        tell = (message, percentage = told) => {
          const increment = Math.max(percentage - told, 0);
          told += increment;
          progress.report({ increment, ...(message === undefined ? {} : { message }) });
        };
        return answer;
      },
    );
  } finally {
    source.dispose();
  }
}

/** Whether something settles within a moment. */
async function soon(answer: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), SOON);
  });
  try {
    return await Promise.race([answer.then(() => true, () => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
