// Files that were copied, restored and cloned under a node and its hub: nobody may count a byte twice, and what cannot
// be told is a gap.
import assert from "node:assert/strict";
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { drain } from "../../src/collector/drain.ts";
import { type LedgersMerged, mergeLedgers } from "../../src/ledger/exchange/merge-ledgers.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { type EmbeddedCore, startEmbeddedCore } from "../../src/testing/embedded-core.ts";
import { down, node } from "../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";

const name = down("alice");

/** A core, ledgers in files, and a hub. */
class Site implements AsyncDisposable {
  readonly core: EmbeddedCore;
  flowed = 0n;
  readonly #directory: string;

  private constructor(core: EmbeddedCore, directory: string) {
    this.core = core;
    this.#directory = directory;
  }

  /** A site whose core was read once, and shows nothing yet. */
  static async open(): Promise<Site> {
    const site = new Site(await startEmbeddedCore({ dialect: "xray" }), newDirectory());
    await site.record("node");
    await site.merge("node");
    return site;
  }

  /** Runs work with the ledger in a file. */
  async with<Result>(file: string, work: (ledger: Ledger) => Promise<Result>): Promise<Result> {
    await using ledger = await openSqliteLedger(join(this.#directory, file));
    return await work(ledger);
  }

  /** Bytes flow, and a ledger records them. */
  async record(file: string, bytes = 0n): Promise<void> {
    this.core.add(name, bytes);
    this.flowed += bytes;
    const [drained] = await this.with(file, (ledger) => drain([{ name: node, core: this.core.address }], ledger));
    assert.equal(drained?.error, undefined);
  }

  merge(file: string): Promise<LedgersMerged> {
    return this.with(file, (from) => this.with("hub", (to) => mergeLedgers(from, to)));
  }

  /** Copies a closed ledger's file over another. */
  copy(from: string, to: string): void {
    for (const end of ["", "-wal", "-shm"]) rmSync(join(this.#directory, to + end), { force: true });
    copyFileSync(join(this.#directory, from), join(this.#directory, to));
  }

  async total(file: string): Promise<bigint> {
    return this.with(file, async (ledger) => (await ledger.totals()).total);
  }

  /** What a ledger lacks of what flowed, and the most that its gaps say is missing. */
  async missing(file: string): Promise<{ readonly bytes: bigint; readonly told: bigint }> {
    const gaps = await this.with(file, (ledger) => ledger.gaps());
    const told = gaps
      .filter(({ cause }) => cause === "ledger-restored" || cause === "other-core")
      .reduce((sum, { bound }) => sum + (bound === "unknown" ? this.flowed : (bound.get(name) ?? 0n)), 0n);
    return { bytes: this.flowed - (await this.total(file)), told };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.core.close();
    removeDirectory(this.#directory);
  }
}

async function mayMiss(site: Site, file: string): Promise<bigint> {
  const { bytes, told } = await site.missing(file);
  assert.ok(bytes >= 0n, `${-bytes} bytes too many`);
  assert.ok(bytes <= told, `${bytes} bytes are missing, gaps tell ${told}`);
  return bytes;
}

/** Twice: merging again changes nothing. */
async function mergeTwice(site: Site, file: string, context: TestContext): Promise<void> {
  const first = await site.merge(file);
  const total = await site.total("hub");
  await site.merge(file);
  assert.equal(await site.total("hub"), total);
  context.diagnostic(`${first.rows} rows, refused: ${JSON.stringify(first.refused)}`);
}

test("a restored ledger file: it goes on under another id, and what may have been told before is a gap", async (context) => {
  await using site = await Site.open();
  await site.record("node", 10n);
  await mergeTwice(site, "node", context);
  site.copy("node", "backup");
  await site.record("node", 200n);
  await mergeTwice(site, "node", context);
  assert.equal(await site.total("hub"), 210n);
  const id = await site.with("node", (ledger) => ledger.id());

  site.copy("backup", "node");
  await site.record("node", 3000n);
  await mergeTwice(site, "node", context);
  assert.notEqual(await site.with("node", (ledger) => ledger.id()), id);
  await site.record("node", 40_000n);
  await site.record("node", 500_000n);
  await mergeTwice(site, "node", context);
  const missing = await mayMiss(site, "hub");
  assert.ok(missing < 500_000n, `${missing}`);
  assert.ok((await site.total("hub")) >= 500_210n);
});

test("a cloned ledger: both record one core, and the hub counts it once", async (context) => {
  await using site = await Site.open();
  await site.record("node", 10n);
  await mergeTwice(site, "node", context);
  site.copy("node", "clone");
  let refused: number[] = [];
  for (let round = 0; round < 3; round++) {
    await site.record("node", 200n);
    await site.record("clone", 3000n);
    refused = [];
    for (const file of ["node", "clone"]) refused.push((await site.merge(file)).refused.length);
    await mayMiss(site, "hub");
  }
  // A hub cannot tell a clone from a restored file, but it never goes on with both.
  assert.deepEqual(refused.sort(), [0, 1]);
  const ids = await Promise.all(["node", "clone"].map((file) => site.with(file, (ledger) => ledger.id())));
  assert.notEqual(ids[0], ids[1]);
});

test("a restored hub: it is told again what it has forgotten", async (context) => {
  await using site = await Site.open();
  await site.record("node", 10n);
  await mergeTwice(site, "node", context);
  site.copy("hub", "backup");
  for (const bytes of [200n, 3000n]) {
    await site.record("node", bytes);
    await mergeTwice(site, "node", context);
  }
  site.copy("backup", "hub");
  assert.equal(await site.total("hub"), 10n);
  await mergeTwice(site, "node", context);
  assert.equal(await site.total("hub"), 3210n);
  await site.record("node", 40_000n);
  await mergeTwice(site, "node", context);
  assert.equal(await site.total("hub"), site.flowed);
  assert.deepEqual(
    (await site.with("hub", (ledger) => ledger.gaps())).map(({ cause }) => cause),
    ["first-sight"],
  );
});
