// Statistics enabled in each configuration of the corpus: its core takes the result, counts what the list promises after
// real traffic, and nothing else of the text has changed.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { checkStatsConfig } from "../../src/config/check/check-stats-config.ts";
import { applyEdits } from "../../src/config/edit/text-edit.ts";
import type { EnableResult } from "../../src/config/enable/enable-options.ts";
import { enableStats } from "../../src/config/enable/enable-stats.ts";
import { parseConfig } from "../../src/config/load/parse-config.ts";
import { readModel } from "../../src/config/model/read-model.ts";
import { type CorpusFile, corpus, corpusFiles } from "../config-corpus/corpus.ts";
import type { CorpusEntry } from "../config-corpus/corpus-entry.ts";
import { coreOf } from "../support/case-files.ts";
import { makeCertificates, opensslMissing } from "../support/certificates.ts";
import { CorpusRun } from "../support/corpus-run.ts";
import { realCores } from "../support/real-cores.ts";

const cores = realCores();
const noCertificates = opensslMissing();
const certificates = noCertificates === undefined ? makeCertificates() : undefined;
after(() => certificates?.[Symbol.dispose]());

for (const entry of corpus) {
  const { target, name, moves, idle, notStarted } = entry;
  const skip = cores[coreOf(target)].missing ?? noCertificates;
  test(`${target} counts with ${name}`, { skip, timeout: 60_000 }, async () => {
    const files = corpusFiles(entry);
    const result = enable(entry, files);
    assertOnlyNeeded(files, result);
    assert.deepEqual(enable(entry, result.files), { ...result, changes: [], undo: [] }, "a second run changes nothing");
    assert.deepEqual(errorsOf(entry, result), entry.leaves ?? []);

    assert.ok(certificates);
    await using run = new CorpusRun(entry, certificates, result.files);
    const { exitCode, output } = await run.check();
    assert.equal(exitCode, 0, output);
    if (notStarted !== undefined) return;
    const apiPort = Number(/:(\d+)$/.exec(result.api ?? "")?.[1]);
    await run.carryTraffic(apiPort);
    const subjects = await run.subjects(apiPort, moves);
    const own = new Set(apiInbounds(entry, result));
    const expected = [...moves, ...idle].toSorted();
    assert.deepEqual([...subjects.keys()].filter((subject) => !own.has(subject)).toSorted(), expected);
  });
}

function enable({ target }: CorpusEntry, files: readonly CorpusFile[]): EnableResult {
  return enableStats(files, { core: target, api: { port: 20_000 } });
}

/** Something was only put in, or stands in the place of a value without contents; taken away, all is as before. */
function assertOnlyNeeded(files: readonly CorpusFile[], { files: changed, undo }: EnableResult): void {
  const edits = new Map(undo.map(({ file, edits }) => [file, edits]));
  const undone = changed.map(({ name, text }) => ({ name, text: applyEdits(text, edits.get(name) ?? []) }));
  assert.deepEqual(undone, files);
  for (const { text } of [...edits.values()].flat()) assert.match(text, /^(|false|null|""|\{\s*\}|\[\s*\]|\s*)$/);
}

function errorsOf({ target }: CorpusEntry, { files }: EnableResult): string[] {
  const findings = checkStatsConfig(files, { core: target });
  return [...new Set(findings.filter(({ severity }) => severity === "error").map(({ rule }) => rule))].toSorted();
}

function apiInbounds({ target }: CorpusEntry, { files }: EnableResult): string[] {
  const { inbounds } = readModel(target, parseConfig(files));
  return inbounds.filter(({ leadsToApi }) => leadsToApi).map(({ tag }) => `inbound ${tag}`);
}
