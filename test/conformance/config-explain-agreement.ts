import assert from "node:assert/strict";
import { expectedCounters, explainCounter } from "../../src/config/explain/explain-counter.ts";
import type { ConfigTarget } from "../../src/config/target.ts";
import type { CaseText } from "../config-cases/rule-case.ts";

/** What a core should have by its configuration: from its start, and once everybody has connected. */
export interface PromisedNames {
  readonly fromStart: string[];
  readonly inTheEnd: string[];
}

/** Both lists, sorted. */
export function promisedNames(target: ConfigTarget, text: CaseText): PromisedNames {
  const expected = expectedCounters(text, { core: target });
  for (const { name, when } of expected) {
    assert.equal(explainCounter(text, name, { core: target }).verdict, when, name);
  }
  return {
    fromStart: expected.flatMap(({ name, when }) => (when === "from-start" ? name : [])).sort(),
    inTheEnd: expected.map(({ name }) => name).sort(),
  };
}

/**
 * Holds what explains a configuration against the counters of a core that ran with it, whoever has connected: none of
 * them is said never to exist, and all that are said to be there from the start are.
 */
export function assertExplains(target: ConfigTarget, text: CaseText, names: readonly string[]): void {
  for (const name of names) {
    const { verdict, steps } = explainCounter(text, name, { core: target });
    assert.notEqual(verdict, "never", `${name} is there: ${steps.map((step) => step.text).join("; ")}`);
  }
  for (const name of promisedNames(target, text).fromStart) assert.ok(names.includes(name), `${name} is not there`);
}
