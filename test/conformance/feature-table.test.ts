// One table of features over eight subjects: four real cores, and the embedded core's four dialects. All are asked the
// same and must say the same; where the embedded core cannot, expected-differences.ts says so.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { coreKinds, realCores } from "../support/real-cores.ts";
import { coreFeatures } from "./core-features.ts";
import { expectedDifferences } from "./expected-differences.ts";
import { queryFeatures } from "./query-features.ts";
import { resetFeatures } from "./reset-features.ts";
import { restartFeature } from "./restart-feature.ts";
import { type Subject, startEmbeddedSubject, startRealSubject } from "./subjects.ts";

const cores = realCores();
const features = [...coreFeatures, ...queryFeatures, ...resetFeatures, restartFeature];

for (const kind of coreKinds) {
  for (const real of [true, false]) {
    const missing = real ? cores[kind].missing : undefined;
    if (missing !== undefined) console.log(`skipped ${kind}: ${missing}`);

    describe(real ? kind : `embedded ${kind}`, { skip: missing, timeout: 120_000 }, () => {
      let subject: Subject;
      before(async () => {
        subject = await (real ? startRealSubject : startEmbeddedSubject)(kind);
        await subject.fill();
      });
      after(() => subject[Symbol.asyncDispose]());

      for (const { feature, ask, want } of features) {
        test(feature, async () => {
          const wanted = want(kind);
          const difference = expectedDifferences.find((each) => each.kind === kind && each.feature === feature);
          if (difference !== undefined) assert.deepEqual(difference.want, wanted);
          assert.deepEqual(await ask(subject), real || difference === undefined ? wanted : difference.got);
        });
      }
    });
  }
}

test("every expected difference is of a row there is", () => {
  const rows = features.map(({ feature }) => feature);
  for (const { feature } of expectedDifferences) assert.ok(rows.includes(feature), feature);
});
