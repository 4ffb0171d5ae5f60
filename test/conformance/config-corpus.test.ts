// The corpus is what it says it is: each core takes its configurations, and traffic goes through them.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { corpus, corpusPaths } from "../config-corpus/corpus.ts";
import { coreOf } from "../support/case-files.ts";
import { makeCertificates, opensslMissing } from "../support/certificates.ts";
import { CorpusRun } from "../support/corpus-run.ts";
import { realCores } from "../support/real-cores.ts";

const cores = realCores();
const noCertificates = opensslMissing();
const certificates = noCertificates === undefined ? makeCertificates() : undefined;
after(() => certificates?.[Symbol.dispose]());

test("the list and the folders of the corpus agree, and there are sixty at least", () => {
  assert.deepEqual(corpus.map(({ target, name }) => `${target}/${name}`).toSorted(), corpusPaths().toSorted());
  assert.ok(corpus.length >= 60);
});

for (const entry of corpus) {
  const skip = cores[coreOf(entry.target)].missing ?? noCertificates;
  test(`${entry.target} takes ${entry.name}`, { skip, timeout: 60_000 }, async () => {
    assert.ok(certificates);
    await using run = new CorpusRun(entry, certificates);
    const { exitCode, output } = await run.check();
    assert.equal(exitCode, 0, output);
    if (entry.traffic !== undefined) await run.carryTraffic();
  });
}
