import { test } from "node:test";
import type { ConfigTarget } from "../../src/config/target.ts";
import { allCases } from "../config-cases/all-cases.ts";
import { coreOf } from "./case-files.ts";
import { CaseRun } from "./case-run.ts";
import { realCores } from "./real-cores.ts";

/** One test for each case of these targets that shows something on the real core. */
export function testCasesOf(targets: readonly ConfigTarget[]): void {
  const cores = realCores();
  for (const kind of new Set(targets.map(coreOf))) {
    const { missing } = cores[kind];
    if (missing !== undefined) console.log(`skipped ${kind}: ${missing}`);
  }
  for (const { rule, target, title, faulty, fixed, shows } of allCases) {
    if (shows === undefined || !targets.includes(target)) continue;
    const name = [target, rule, title].filter((word) => word !== undefined).join(" ");
    test(name, { skip: cores[coreOf(target)].missing, timeout: 180_000 }, async () => {
      await using faultyRun = new CaseRun(target, faulty);
      await using fixedRun = new CaseRun(target, fixed);
      await shows(faultyRun, fixedRun);
    });
  }
}
