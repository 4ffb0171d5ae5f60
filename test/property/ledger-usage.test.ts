import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createLedger } from "../../src/ledger/ledger.ts";
import { quarterMs } from "../../src/ledger/quarter.ts";
import type { Usage, UsageBucket } from "../../src/usage/usage-query.ts";
import { down, up } from "../support/ledger-session.ts";
import { ledgerKinds } from "../support/ledger-stores.ts";
import { type BookedQuarter, bookQuarters } from "../support/ledger-usage.ts";

// With what makes calendars hard: offsets at :30 and :45, clock changes by half an hour, at midnight, into the day
// before, in Ramadan alone, by a whole day, and none at all.
const zones = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Asia/Kolkata",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  "Pacific/Chatham",
  "America/St_Johns",
  "America/Havana",
  "Atlantic/Azores",
  "Africa/Casablanca",
  "Pacific/Apia",
];

/** A zone's own clock, by the machine's calendar, which the ledger's answers do not come from. */
class ZoneClock {
  readonly #format: Intl.DateTimeFormat;
  readonly #shown = new Map<number, { readonly day: string; readonly hour: string }>();

  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat("en-CA", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      timeZoneName: "longOffset",
    });
  }

  /** The bucket that a quarter hour is in, by a name that is its alone. */
  bucketOf(bucket: UsageBucket, quarter: number): string {
    const { day, hour } = this.#show(quarter);
    switch (bucket) {
      case "quarter":
        return String(quarter);
      case "hour":
        return hour;
      case "day":
        return day;
      case "week": {
        const date = new Date(day);
        date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
        return date.toISOString().slice(0, 10);
      }
      case "month":
        return day.slice(0, 7);
    }
  }

  #show(quarter: number): { readonly day: string; readonly hour: string } {
    let shown = this.#shown.get(quarter);
    if (shown === undefined) {
      // A day that the clock goes back from has begun all the same, and goes on.
      const days = [0, 1, 2, 3].map((past) => this.#read(quarter - past).day).sort();
      shown = { day: days.at(-1) as string, hour: this.#read(quarter).hour };
      this.#shown.set(quarter, shown);
    }
    return shown;
  }

  #read(quarter: number): { readonly day: string; readonly hour: string } {
    const parts = new Map(this.#format.formatToParts(quarter * quarterMs).map(({ type, value }) => [type, value]));
    const day = ["year", "month", "day"].map((type) => parts.get(type as "day")).join("-");
    // An hour that is shown twice is two: they differ by their offset.
    return { day, hour: `${day} ${parts.get("hour")} ${parts.get("timeZoneName")}` };
  }

  /** Quarter hours at which the offset changes, found by looking at each day, then closer. */
  changes(from: number, to: number): number[] {
    const offset = (quarter: number): string => this.#show(quarter).hour.slice(14);
    const changes: number[] = [];
    for (let day = from; day < to; day += 96) {
      if (offset(day) === offset(day + 96)) continue;
      let quarter = day;
      while (offset(quarter) === offset(day)) quarter++;
      changes.push(quarter);
    }
    return changes;
  }
}

const quarterAt = (date: string): number => Date.parse(date) / quarterMs;
const clocks = new Map(zones.map((zone) => [zone, new ZoneClock(zone)]));
const changes = new Map(
  Array.from(clocks, ([zone, clock]) => [zone, clock.changes(quarterAt("2011-01-01"), quarterAt("2012-01-07"))]),
);

/** How many quarter hours around a time are looked at. */
const spans: Readonly<Record<UsageBucket, number>> = { quarter: 100, hour: 200, day: 2000, week: 4000, month: 20_000 };

interface Question {
  readonly zone: string;
  readonly bucket: UsageBucket;
  readonly rows: readonly BookedQuarter[];
  readonly from: number | undefined;
  readonly to: number | undefined;
}

const questions: fc.Arbitrary<Question> = fc
  .record({ zone: fc.constantFrom(...zones), bucket: fc.constantFrom(...(Object.keys(spans) as UsageBucket[])) })
  .chain(({ zone, bucket }) => {
    const centre = fc.oneof(
      fc.constantFrom(...(changes.get(zone) as number[]), quarterAt("2012-02-29"), quarterAt("2009-11-01T03:00:00Z")),
      fc.integer({ min: quarterAt("2000-01-01"), max: quarterAt("2030-01-01") }),
    );
    return centre.chain((middle) => {
      const near = fc.integer({ min: middle - spans[bucket], max: middle + spans[bucket] });
      const booked = fc.record({
        node: fc.constantFrom("n", "m"),
        counter: fc.constantFrom(up("alice"), down("alice"), up("bob"), "inbound>>>alice>>>traffic>>>uplink"),
        quarter: near,
        bytes: fc.bigInt({ min: 1n, max: 2n ** 60n }),
      });
      return fc.record({
        zone: fc.constant(zone),
        bucket: fc.constant(bucket),
        rows: fc.array(booked, { minLength: 1, maxLength: 60 }),
        from: fc.option(near, { nil: undefined }),
        to: fc.option(near, { nil: undefined }),
      });
    });
  })
  .filter(({ from, to }) => from === undefined || to === undefined || from <= to);

/** What comes to each bucket, user and node, in no order. */
function bruteForce({ zone, bucket, rows, from = 0, to = 2 ** 22 }: Question): Map<string, bigint> {
  const clock = clocks.get(zone) as ZoneClock;
  const sums = new Map<string, bigint>();
  for (const { node, counter, quarter, bytes } of rows) {
    const [scope, user, , direction] = counter.split(">>>");
    if (scope !== "user" || quarter < from || quarter >= to) continue;
    const key = [clock.bucketOf(bucket, quarter), node, user, direction].join(" ");
    sums.set(key, (sums.get(key) ?? 0n) + bytes);
  }
  return sums;
}

function answered({ zone, bucket }: Question, usage: readonly Usage[]): Map<string, bigint> {
  const clock = clocks.get(zone) as ZoneClock;
  const sums = new Map<string, bigint>();
  for (const { start, node, subject, uplink, downlink, total } of usage) {
    const quarter = (start as Date).getTime() / quarterMs;
    const label = clock.bucketOf(bucket, quarter);
    assert.notEqual(label, clock.bucketOf(bucket, quarter - 1), `${start?.toISOString()} is no beginning in ${zone}`);
    assert.equal(total, uplink + downlink);
    for (const [direction, bytes] of [
      ["uplink", uplink],
      ["downlink", downlink],
    ] as const) {
      if (bytes > 0n) sums.set([label, node, subject, direction].join(" "), bytes);
    }
  }
  return sums;
}

/** Newfoundland's clocks were once set a minute past midnight: within an hour, and back into the day before. */
const minutePastMidnight = ["2009-11-01T03:00:00Z", "2010-11-07T03:00:00Z", "2011-03-13T03:00:00Z"].flatMap((change) =>
  Array.from({ length: 16 }, (_, past) =>
    (Object.keys(spans) as UsageBucket[]).map((bucket): Question => {
      const quarters = [quarterAt(change) - 4, quarterAt(change) - 4 + past];
      const rows = quarters.map((quarter) => ({ node: "n", counter: up("alice"), quarter, bytes: 1n }));
      return { zone: "America/St_Johns", bucket, rows, from: undefined, to: undefined };
    }),
  ).flat(),
);

for (const { kind, place } of ledgerKinds) {
  test(`usage in twelve time zones is what counting by hand gives (${kind})`, async () => {
    const check = async (question: Question): Promise<void> => {
      await using used = place();
      const store = await used.openStore();
      await bookQuarters(store, question.rows);
      const { zone, bucket, from, to } = question;
      const { rows } = await createLedger(store).usage({
        by: [bucket, "node", "user"],
        timeZone: zone,
        from: from === undefined ? undefined : new Date(from * quarterMs),
        to: to === undefined ? undefined : new Date(to * quarterMs),
      });
      assert.deepEqual(answered(question, rows), bruteForce(question));
    };
    await fc.assert(fc.asyncProperty(questions, check), { numRuns: kind === "memory" ? 1500 : 60 });
    if (kind === "memory") for (const question of minutePastMidnight) await check(question);
  });
}
