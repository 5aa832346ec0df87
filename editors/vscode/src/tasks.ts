// Tasks: `check`, `test` and `fmt --check` on the workspace, with findings in the Problems view.

import { existsSync } from "node:fs";
import { join } from "node:path";

import * as vscode from "vscode";

import { PROJECT_FILE, type Cli } from "./cli";

const TYPE = "falco-rs";

interface Definition extends vscode.TaskDefinition {
  readonly command: string;
  readonly args?: readonly string[];
}

/** What is offered without a definition in tasks.json. */
function offered(folder: string): { command: string; args: readonly string[]; build: boolean }[] {
  // A project file says which rules are loaded together, and in which order.
  const rules = existsSync(join(folder, PROJECT_FILE)) ? [] : ["."];
  return [
    { command: "check", args: rules, build: true },
    { command: "test", args: ["."], build: false },
    { command: "fmt", args: ["--check", ...rules], build: false },
  ];
}

export function registerTasks(cli: Cli): vscode.Disposable {
  return vscode.tasks.registerTaskProvider(TYPE, {
    provideTasks: () =>
      (vscode.workspace.workspaceFolders ?? [])
        .filter(({ uri }) => uri.scheme === "file")
        .flatMap((folder) =>
          offered(folder.uri.fsPath).flatMap(({ command, args, build }) => {
            const task = make(cli, { type: TYPE, command, args }, folder);
            if (task !== undefined) task.group = build ? vscode.TaskGroup.Build : vscode.TaskGroup.Test;
            return task ?? [];
          }),
        ),
    resolveTask: ({ definition, scope }) => {
      const { command, args } = definition as Definition;
      if (typeof command !== "string") return undefined;
      const place = typeof scope === "object" ? scope : vscode.TaskScope.Workspace;
      return make(cli, { ...definition, type: TYPE, command, args: args ?? [] }, place);
    },
  });
}

function make(
  cli: Cli,
  definition: Definition,
  scope: vscode.WorkspaceFolder | vscode.TaskScope.Workspace,
): vscode.Task | undefined {
  const location = cli.locate();
  if (location.kind === "missing") return undefined;
  const args = ["--color", "never", definition.command, ...(definition.args ?? [])];
  const options: vscode.ProcessExecutionOptions = { env: cli.env() };
  if (typeof scope === "object") options.cwd = scope.uri.fsPath;
  const execution = new vscode.ProcessExecution(location.path, args, options);
  const name = [definition.command, ...(definition.args ?? [])].join(" ");
  return new vscode.Task(definition, scope, name, "falco-rs", execution, "$falco-rs");
}
