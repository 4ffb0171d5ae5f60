import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import fc from "fast-check";
import { createLedger, type Ledger } from "../../src/ledger/ledger.ts";
import { LedgerError } from "../../src/ledger/ledger-error.ts";
import { openSqliteStore } from "../../src/ledger/sqlite/sqlite-store.ts";
import type { LedgerStore } from "../../src/ledger/store.ts";
import type { Writer } from "../../src/ledger/writer.ts";
import { bytesIn, push } from "../support/ledger-exchange.ts";
import { node, readingHere, up } from "../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("traffic" as const), bytes: fc.integer({ min: 1, max: 99 }) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("read" as const), agent: fc.nat(), seconds: fc.nat(2000) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("push" as const),
      agent: fc.nat(),
      limit: fc.integer({ min: 1, max: 5 }),
    }),
  },
  fc.record({ kind: fc.constant("copy" as const), agent: fc.nat() }),
  fc.record({ kind: fc.constant("pack" as const), agent: fc.nat() }),
  fc.record({ kind: fc.constant("back-up-hub" as const) }),
  fc.record({ kind: fc.constant("restore-hub" as const) }),
);

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** Bytes of shorter intervals across two quarters have no note that they were booked late. */
const shortestLate = 20_000;

interface Place {
  readonly file: string;
  readonly store: LedgerStore;
  readonly ledger: Ledger;
  writer: Writer | undefined;
}

/** One core, agents on copies of one file that record it, and a hub. */
class CopiedWorld {
  readonly directory = newDirectory();
  agents: Place[] = [];
  hub!: Place;
  #backup: string | undefined;
  #files = 0;
  #total = 1000n;
  #at = 100;
  /** What flowed, and the time in ms at which it was there. */
  readonly flowed: { readonly at: number; readonly bytes: bigint }[] = [];

  async start(): Promise<this> {
    this.agents = [await this.#open(this.#newFile())];
    this.hub = await this.#open(this.#newFile());
    return this;
  }

  async stop(): Promise<void> {
    for (const { store } of [...this.agents, this.hub]) await store.close();
    removeDirectory(this.directory);
  }

  #newFile(): string {
    return join(this.directory, `${this.#files++}.db`);
  }

  async #open(file: string): Promise<Place> {
    const store = await openSqliteStore(file, { busyTimeoutMs: 10_000 });
    return { file, store, ledger: createLedger(store), writer: undefined };
  }

  #copyOf({ file }: Place): string {
    const copy = this.#newFile();
    const database = new DatabaseSync(file);
    database.exec(`VACUUM INTO '${copy}'`);
    database.close();
    return copy;
  }

  agent(number: number): Place {
    return this.agents[number % this.agents.length] as Place;
  }

  /** @param alive Whether the one that is copied goes on as well. */
  async copy(number: number, alive: boolean): Promise<void> {
    const original = this.agent(number);
    const copy = await this.#open(this.#copyOf(original));
    if (alive) this.agents.push(copy);
    else this.copies.push(copy);
  }

  readonly copies: Place[] = [];

  /** Goes on with a copy that was made before; what was there is gone. */
  async restore(): Promise<void> {
    const copy = this.copies.pop();
    if (copy === undefined) return;
    await this.agent(0).store.close();
    this.agents = [copy];
  }

  traffic(bytes: number): void {
    this.#at += 1;
    this.#total += BigInt(bytes);
    this.flowed.push({ at: this.#now(), bytes: BigInt(bytes) });
  }

  #now(): number {
    return readingHere(this.#at, {}).takenAt.getTime();
  }

  async read(number: number, seconds: number): Promise<void> {
    this.#at += seconds + 1;
    const agent = this.agent(number);
    for (;;) {
      try {
        agent.writer ??= await agent.ledger.claim(node, { whenHeld: "take" });
        await agent.writer.record(readingHere(this.#at, { [up("alice")]: this.#total }));
        return;
      } catch (error) {
        if (!(error instanceof LedgerError && error.reason === "claim-lost")) throw error;
        agent.writer = undefined;
      }
    }
  }

  async pack(number: number): Promise<void> {
    await this.agent(number).ledger.pack({ before: new Date(8.64e15) });
  }

  backUpHub(): void {
    this.#backup = this.#copyOf(this.hub);
  }

  async restoreHub(): Promise<void> {
    if (this.#backup === undefined) return;
    await this.hub.store.close();
    this.hub = await this.#open(this.#copyOf({ ...this.hub, file: this.#backup }));
  }

  async atHub(): Promise<bigint> {
    let sum = 0n;
    for (const bytes of (await bytesIn(this.hub.store)).values()) sum += bytes;
    return sum;
  }

  get truth(): bigint {
    return this.flowed.reduce((sum, { bytes }) => sum + bytes, 0n);
  }
}

async function playStep(world: CopiedWorld, each: Step, alive: boolean): Promise<void> {
  switch (each.kind) {
    case "traffic":
      return world.traffic(each.bytes);
    case "read":
      return world.read(each.agent, each.seconds);
    case "push":
      await push(world.agent(each.agent).ledger, world.hub.ledger, { limit: each.limit });
      return;
    case "copy":
      return world.copy(each.agent, alive);
    case "pack":
      return world.pack(each.agent);
    case "back-up-hub":
      return world.backUpHub();
    case "restore-hub":
      return world.restoreHub();
  }
}

test("a restored ledger and a restored hub never count twice, and what is lost lies in a gap", async () => {
  const steps = fc.array(fc.oneof({ weight: 8, arbitrary: step }, fc.constant({ kind: "restore" as const })), {
    maxLength: 50,
    size: "max",
  });
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const world = await new CopiedWorld().start();
      try {
        for (const each of all) {
          if (each.kind === "restore") await world.restore();
          else await playStep(world, each, false);
          assert.ok((await world.atHub()) <= world.truth);
        }
        const { ledger } = world.agent(0);
        // The first one finds out that it is a copy, the second one has a base of its own.
        // A copy from before another restored copy cannot know that one: an operator says that it took its place.
        const merge = { replace: true };
        for (const bytes of [5, 6, 7]) {
          assert.ok((await push(ledger, world.hub.ledger, { merge })).done);
          await world.read(0, 60);
          world.traffic(bytes);
        }
        await world.read(0, 60);
        const { done, results } = await push(ledger, world.hub.ledger, { limit: 2, merge });
        assert.ok(done);
        for (const { refused } of results.flatMap(({ nodes }) => nodes)) assert.equal(refused, undefined);
        const counted = await world.atHub();
        assert.ok(counted <= world.truth, `${counted} counted, ${world.truth} flowed`);
        const gaps = await world.hub.ledger.gaps();
        const inGaps = world.flowed
          .filter(({ at }) => gaps.some(({ from, to }) => at >= Number(from ?? 0) - shortestLate && at <= Number(to)))
          .reduce((sum, { bytes }) => sum + bytes, 0n);
        assert.ok(counted + inGaps >= world.truth, `${counted} counted, ${inGaps} in gaps, ${world.truth} flowed`);
        if (gaps.length === 1) assert.equal(counted + inGaps, world.truth);
      } finally {
        await world.stop();
        for (const { store } of world.copies) await store.close();
      }
    }),
    { numRuns: 60, endOnFailure: true },
  );
});

test("a ledger and a living copy of it never count twice at a hub", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), async (steps) => {
      const world = await new CopiedWorld().start();
      try {
        for (const each of steps) {
          await playStep(world, each, true);
          const counted = await world.atHub();
          assert.ok(counted <= world.truth, `${counted} counted, ${world.truth} flowed`);
        }
      } finally {
        await world.stop();
      }
    }),
    { numRuns: 60, endOnFailure: true },
  );
});
