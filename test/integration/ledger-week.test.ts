import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { readingHere } from "../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";

// A week over three nodes, with the change of clocks of 2026-03-29 in Europe, two restarts and a foreign reset. What
// must come out is summed up here by the calendar of Intl, without any of the ledger's code.

const minute = 60;
const day = 24 * 60 * minute;
/** Readings are told their time in seconds after 2023-11-14T22:13:20Z. */
const epoch = 1_700_000_000;
const start = Date.UTC(2026, 2, 25) / 1000 - epoch;
const pollSeconds = 10 * minute;
const users = ["alice@example.com", "bob", "__proto__"];
const zones = ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"];

/** Numbers that look random and are the same each time. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    yield (state >>> 8) % 100_000;
  }
}

/** A core, and what was truly counted by it. */
class WeekCore {
  readonly name: string;
  readonly #random: Generator<number, never>;
  #counters = new Map<string, bigint>();
  #startedAt = start - 5000;
  /** Bytes since the last reading. */
  readonly unread = new Map<string, bigint>();

  constructor(name: string, seed: number) {
    this.name = name;
    this.#random = numbers(seed);
  }

  flow(): void {
    for (const user of users)
      for (const direction of ["uplink", "downlink"]) {
        if (this.#random.next().value % 3 === 0) continue;
        const counter = `user>>>${user}>>>traffic>>>${direction}`;
        const bytes = BigInt(this.#random.next().value);
        this.#counters.set(counter, (this.#counters.get(counter) ?? 0n) + bytes);
        this.unread.set(counter, (this.unread.get(counter) ?? 0n) + bytes);
      }
  }

  restart(at: number): void {
    this.#counters = new Map();
    this.#startedAt = at;
  }

  zero(): void {
    for (const counter of this.#counters.keys()) this.#counters.set(counter, 0n);
  }

  read(at: number): ReturnType<typeof readingHere> {
    const up = at - this.#startedAt;
    return readingHere(at, Object.fromEntries(this.#counters), {
      up,
      allocated: BigInt(1000 + up),
      endpoint: this.name,
    });
  }
}

const calendars = new Map(
  zones.map((timeZone) => [timeZone, new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" })]),
);

/** The day of a time by a zone's calendar. */
function dayIn(zone: string, at: number): string {
  return (calendars.get(zone) as Intl.DateTimeFormat).format((at + epoch) * 1000);
}

/** What was booked: at the time of which reading, on which node, of which counter, how much. */
interface Booked {
  readonly at: number;
  readonly node: string;
  readonly user: string;
  readonly direction: string;
  readonly bytes: bigint;
}

async function liveAWeek(ledger: Ledger): Promise<{ booked: Booked[]; lost: Map<string, bigint> }> {
  const cores = ["berlin", "mumbai", "oslo"].map((name, index) => new WeekCore(name, index + 1));
  const writers = await Promise.all(cores.map(({ name }) => ledger.claim(name, { intervalMs: pollSeconds * 1000 })));
  const booked: Booked[] = [];
  const lost = new Map<string, bigint>();
  for (let at = start; at <= start + 7 * day; at += pollSeconds) {
    for (const [index, core] of cores.entries()) {
      core.flow();
      const incident = incidents.find((each) => each.node === core.name && each.at === at);
      if (incident !== undefined) {
        const before = incident.drained ? core.read(at - minute) : undefined;
        if (before !== undefined) {
          await writers[index]?.record(before);
          keep(booked, core, at - minute);
        }
        for (const [counter, bytes] of core.unread) lost.set(counter, (lost.get(counter) ?? 0n) + bytes);
        core.unread.clear();
        if (incident.kind === "restart") core.restart(at - 30);
        else core.zero();
        core.flow();
      }
      await writers[index]?.record(core.read(at));
      if (at > start) keep(booked, core, at);
      core.unread.clear();
    }
  }
  for (const writer of writers) await writer.release();
  return { booked, lost };
}

const incidents = [
  { node: "berlin", at: start + 2 * day + 90 * minute, kind: "restart", drained: true },
  { node: "oslo", at: start + 4 * day + 20 * minute, kind: "restart", drained: false },
  { node: "mumbai", at: start + 5 * day + 700 * minute, kind: "foreign-reset", drained: false },
] as const;

function keep(booked: Booked[], core: WeekCore, at: number): void {
  for (const [counter, bytes] of core.unread) {
    const [, user, , direction] = counter.split(">>>") as [string, string, string, string];
    booked.push({ at, node: core.name, user, direction, bytes });
  }
  core.unread.clear();
}

/** Sums by any key, as the ledger's rows are compared. */
function sums(booked: readonly Booked[], keyOf: (each: Booked) => string): Map<string, bigint> {
  const found = new Map<string, bigint>();
  for (const each of booked) found.set(keyOf(each), (found.get(keyOf(each)) ?? 0n) + each.bytes);
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

test("a week over three nodes, two restarts, a foreign reset and a change of clocks", async (context) => {
  const directory = newDirectory();
  context.after(() => removeDirectory(directory));
  await using ledger = await openSqliteLedger(join(directory, "usage.db"));
  const { booked, lost } = await liveAWeek(ledger);

  for (const packed of [false, true]) {
    if (packed) await ledger.pack({ before: new Date((start + epoch + 5 * day) * 1000) });
    for (const timeZone of zones) {
      const { rows } = await ledger.usage({ by: ["node", "user", "direction", "day"], timeZone });
      const answered = rows.map(({ start, node, subject, direction, total }): [string, bigint] => {
        const at = (start as Date).getTime() / 1000 - epoch;
        return [[dayIn(timeZone, at), node, subject, direction].join(" "), total];
      });
      const expected = sums(booked, (each) =>
        [dayIn(timeZone, each.at), each.node, each.user, each.direction].join(" "),
      );
      assert.deepEqual(
        new Map(answered.sort(([a], [b]) => (a < b ? -1 : 1))),
        expected,
        `${timeZone}, packed: ${packed}`,
      );
    }
  }

  const { rows } = await ledger.usage({ by: ["day"], timeZone: "Europe/Berlin" });
  const lengths = rows.slice(1).map(({ start }, at) => Number(start) - Number(rows[at]?.start));
  assert.deepEqual(new Set(lengths), new Set([day * 1000, (day - 60 * minute) * 1000]), "one day has 23 hours");

  const gaps = (await ledger.gaps()).filter(({ cause }) => cause !== "first-sight");
  assert.deepEqual(
    gaps.map(({ node, cause, from, to }) => [node, cause, from?.toISOString(), to.toISOString()]),
    [
      ["berlin", "core-restart", "2026-03-27T01:29:00.000Z", "2026-03-27T01:29:30.000Z"],
      ["oslo", "core-restart", "2026-03-29T00:10:00.000Z", "2026-03-29T00:19:30.000Z"],
      ["mumbai", "foreign-reset", "2026-03-30T11:30:00.000Z", "2026-03-30T11:40:00.000Z"],
    ],
  );
  // What no reading could show flowed in the windows of the gaps.
  const total = booked.reduce((sum, { bytes }) => sum + bytes, 0n);
  const missing = [...lost.values()].reduce((sum, bytes) => sum + bytes, 0n);
  assert.equal((await ledger.usage()).rows[0]?.total, total);
  assert.ok(missing > 0n);
});
