// Switches documents to the right language when they are opened. Used in desktop, remote and browser editors.

import * as vscode from "vscode";

import { classify, FALCO_RULES, languageFor } from "./detect";
import { SECTION } from "./settings";

export function detectByContent(): vscode.Disposable {
  // A change of language closes and opens the same document object again. One that was judged is not judged twice, so
  // a language chosen by hand stays.
  const judged = new WeakSet<vscode.TextDocument>();

  const judge = (document: vscode.TextDocument): void => {
    if (judged.has(document) || !wanted(document)) return;
    const text = document.getText();
    // A new file may become anything: it is looked at again when it is saved.
    if (classify(text) === "empty") return;
    judged.add(document);
    const language = languageFor(document.languageId, document.uri.path, text);
    if (language === undefined || (language === "yaml" && isAssociated())) return;
    vscode.languages.setTextDocumentLanguage(document, language).then(undefined, (error: unknown) => {
      // The document may be gone by now; nothing else is known to go wrong, and no reason to bother anyone.
      console.warn(`falco-rs: the language of ${document.uri.toString()} could not be changed:`, error);
    });
  };

  for (const document of vscode.workspace.textDocuments) judge(document);
  return vscode.Disposable.from(
    vscode.workspace.onDidOpenTextDocument(judge),
    vscode.workspace.onDidSaveTextDocument(judge),
  );
}

/** Whether a document is one that a person edits, in a language that is ours to judge. */
function wanted(document: vscode.TextDocument): boolean {
  if (document.languageId !== "yaml" && document.languageId !== FALCO_RULES) return false;
  if (document.uri.scheme === "git" || document.uri.scheme === "output") return false;
  return vscode.workspace.getConfiguration(SECTION, document).get("detectByContent", true);
}

/** Whether the user's own `files.associations` name our language: then file names are a choice, not a guess. */
function isAssociated(): boolean {
  const associations = vscode.workspace.getConfiguration("files").get<Record<string, string>>("associations", {});
  return Object.values(associations).includes(FALCO_RULES);
}
