// Whether what explains a configuration is right: a real core has exactly the counters that it promises.
import assert from "node:assert/strict";
import { test } from "node:test";
import { explainCounter } from "../../src/config/explain/explain-counter.ts";
import { coreOf } from "../support/case-files.ts";
import { CaseRun } from "../support/case-run.ts";
import { realCores } from "../support/real-cores.ts";
import { until } from "../support/until.ts";
import { assertExplains, promisedNames } from "./config-explain-agreement.ts";
import { otherExplainCases } from "./config-explain-others.ts";
import { v2rayExplainCases } from "./config-explain-v2ray.ts";

const cores = realCores();

for (const { title, target, text, listens, traffic } of [...v2rayExplainCases, ...otherExplainCases]) {
  const { missing } = cores[coreOf(target)];
  test(`${target}: ${title}`, { skip: missing, timeout: 120_000 }, async () => {
    const { fromStart, inTheEnd } = promisedNames(target, text);
    await using run = new CaseRun(target, text);
    await run.startsWell(listens);
    assert.deepEqual([...(await firstCounters(run)).keys()].sort(), fromStart);
    await traffic(run);
    const names = [...(await run.counters()).keys()].sort();
    assertExplains(target, text, names);
    const unknown = names.filter((name) => explainCounter(text, name, { core: target }).verdict === "unknown");
    assert.deepEqual(
      names.filter((name) => !unknown.includes(name)),
      inTheEnd,
    );
  });
}

/** V2Ray 5 says that it has started some milliseconds before an API is there that takes another outbound's place. */
async function firstCounters(run: CaseRun): Promise<ReadonlyMap<string, bigint>> {
  let counters: ReadonlyMap<string, bigint> | undefined;
  await until(async () => {
    counters = await run.counters().catch(() => undefined);
    return counters !== undefined;
  });
  return counters as ReadonlyMap<string, bigint>;
}
