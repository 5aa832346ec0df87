// Coverage of rules by tests: each comparison of a condition is seen holding and not holding, or not.

import * as vscode from "vscode";

import { comparisonsOf, type Comparison } from "../custom";
import { range } from "../places";

/** The coverage of a rules file. Its details are known from the start, since one answer has them all. */
export class RulesCoverage extends vscode.FileCoverage {
  constructor(
    uri: vscode.Uri,
    readonly comparisons: readonly Comparison[],
  ) {
    const seen = comparisons.filter(({ held, failed, noValue }) => held + failed + noValue > 0).length;
    const ways = comparisons.reduce((sum, { held, failed }) => sum + Number(held > 0) + Number(failed > 0), 0);
    super(
      uri,
      new vscode.TestCoverageCount(seen, comparisons.length),
      new vscode.TestCoverageCount(ways, comparisons.length * 2),
    );
  }

  /** One statement for a comparison, with a branch for each way it can come out. */
  details(): vscode.StatementCoverage[] {
    return this.comparisons.map(({ range: at, held, failed, noValue }) => {
      const place = range(at);
      return new vscode.StatementCoverage(held + failed + noValue, place, [
        new vscode.BranchCoverage(held, place, "holds"),
        new vscode.BranchCoverage(failed, place, "does not hold"),
      ]);
    });
  }
}

/** The coverage in an answer of the server, by file. */
export function coverageOf(answer: unknown): RulesCoverage[] {
  const files = new Map<string, Comparison[]>();
  for (const comparison of comparisonsOf(answer)) {
    const known = files.get(comparison.uri);
    if (known === undefined) files.set(comparison.uri, [comparison]);
    else known.push(comparison);
  }
  return [...files].map(([uri, comparisons]) => new RulesCoverage(vscode.Uri.parse(uri), comparisons));
}
