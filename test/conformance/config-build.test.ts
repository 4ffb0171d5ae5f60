// What we build runs: each core takes it, traffic flows through it, and exactly the promised counters come and move.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { configTargets } from "../../src/config/target.ts";
import { anyConfigOptions } from "../support/build-arbitrary.ts";
import { configText, proveCounters } from "../support/build-proof.ts";
import { everyApi, everyProtocol } from "../support/build-showcase.ts";
import { coreOf } from "../support/case-files.ts";
import { CaseRun } from "../support/case-run.ts";
import { makeCertificates, opensslMissing } from "../support/certificates.ts";
import { realCores } from "../support/real-cores.ts";

const cores = realCores();
const noCertificates = opensslMissing();
const certificates = noCertificates === undefined ? makeCertificates() : undefined;
after(() => certificates?.[Symbol.dispose]());

const seed = Math.trunc(Math.random() * 2 ** 31);
console.log(`seed of the options: ${seed}`);

for (const target of configTargets) {
  const skip = cores[coreOf(target)].missing ?? noCertificates;
  if (skip !== undefined) console.log(`skipped ${target}: ${skip}`);

  test(`${target}: every protocol, transport and level counts as promised`, { skip, timeout: 60_000 }, async () => {
    assert.ok(certificates);
    await proveCounters(everyProtocol(target, certificates), certificates);
  });

  test(`${target}: the API answers in every way it can be reached`, { skip, timeout: 120_000 }, async (t) => {
    assert.ok(certificates);
    for (const [name, options] of everyApi(target, certificates)) {
      await t.test(name, () => proveCounters(options, certificates));
    }
  });

  if (target.startsWith("v2ray5")) {
    test(`${target}: mutual TLS lets in nobody without a certificate`, { skip, timeout: 60_000 }, async () => {
      assert.ok(certificates);
      const options = everyApi(target, certificates).get("mutual TLS") ?? assert.fail();
      await using run = new CaseRun(target, configText(options));
      await run.startsWell();
      const { ca, client } = certificates;
      const api = { address: "https://127.0.0.1:20000", timeoutMs: 1000 };
      assert.notEqual(await run.apiOutcome({ ...api, tls: { ca: ca.cert } }), "answers");
      const own = { ca: ca.cert, cert: client.cert, key: client.key };
      assert.equal(await run.apiOutcome({ ...api, timeoutMs: 5000, tls: own }), "answers");
    });
  }

  test(`${target}: options of any kind count as promised`, { skip, timeout: 300_000 }, async () => {
    assert.ok(certificates);
    const options = anyConfigOptions(target, { certificates, flowing: true });
    const property = fc.asyncProperty(options, (each) => proveCounters(each, certificates));
    await fc.assert(property, { numRuns: 40, seed, endOnFailure: true });
  });

  test(`${target}: its own check takes options of any kind`, { skip, timeout: 300_000 }, async () => {
    assert.ok(certificates);
    const options = anyConfigOptions(target, { certificates, flowing: false });
    const property = fc.asyncProperty(options, async (each) => {
      await using run = new CaseRun(target, configText(each));
      const { exitCode, output } = await run.check();
      assert.equal(exitCode, 0, output);
    });
    await fc.assert(property, { numRuns: 150, seed, endOnFailure: true });
  });
}
