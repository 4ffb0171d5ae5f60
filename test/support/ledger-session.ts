import { currentReader } from "../../src/internal/reading-clock.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import type { RecordOptions, RecordResult, Writer } from "../../src/ledger/writer.ts";
import type { Instant } from "../../src/snapshot/evidence.ts";
import { createSnapshot, type Snapshot, snapshotColumns } from "../../src/snapshot/snapshot.ts";
import { type ReadingOptions, reading } from "../unit/snapshot/reading.ts";
import { type LedgerPlace, ledgerTest } from "./ledger-stores.ts";

/** What is special about a reading of this process. */
export interface HereOptions extends Omit<ReadingOptions, "readerId"> {
  /** How far the wall clock is off. */
  readonly stepSeconds?: number;
}

/** The same reading, as if this process had begun and ended it just now; but for the wall other clocks stay. */
export function readHere(snapshot: Snapshot, stepSeconds = 0): Snapshot {
  const { started, ended } = snapshot.evidence;
  const now = (instant: Instant): Instant => ({
    ...instant,
    at: new Date(instant.at.getTime() + stepSeconds * 1000),
    monotonicMs: performance.now(),
  });
  const evidence = {
    ...snapshot.evidence,
    readerId: currentReader().readerId,
    started: now(started),
    ended: now(ended),
  };
  return createSnapshot(snapshotColumns(snapshot), evidence);
}

/** A reading of this process, at a time of the simulated clocks in seconds. */
export function readingHere(
  at: number,
  counters: Readonly<Record<string, bigint>>,
  { stepSeconds, ...options }: HereOptions = {},
): Snapshot {
  return readHere(reading(at, counters, options), stepSeconds);
}

/** Records readings of one node, one after the other. */
export interface Session {
  record(
    at: number,
    counters: Readonly<Record<string, bigint>>,
    options?: HereOptions & RecordOptions,
  ): Promise<RecordResult>;
  /** The ledger as it is open now. */
  readonly ledger: Ledger;
}

/** The node of every session. */
export const node = "node-a";

/** One test for each way to keep a ledger; in one go, and with the ledger opened anew for each reading. */
export function sessionTest(name: string, run: (session: Session, place: LedgerPlace) => Promise<void>): void {
  ledgerTest(name, async (place) => run(await openSession(place, false), place));
  ledgerTest(`${name}, opened anew for each reading`, async (place) => run(await openSession(place, true), place));
}

/** @param anew Whether the ledger is closed and opened before each reading. */
export async function openSession(place: LedgerPlace, anew: boolean): Promise<Session> {
  let ledger = await place.open();
  let writer: Writer | undefined;
  return {
    get ledger() {
      return ledger;
    },
    async record(at, counters, { acceptClock, sameCore, bookExisting, ...options } = {}) {
      if (anew && writer !== undefined) {
        await ledger.close();
        ledger = await place.open();
        writer = undefined;
      }
      writer ??= await ledger.claim(node, { whenHeld: "take" });
      return writer.record(readingHere(at, counters, options), { acceptClock, sameCore, bookExisting });
    },
  };
}

/** The name of what a user sends. */
export function up(user: string): string {
  return `user>>>${user}>>>traffic>>>uplink`;
}

/** The name of what a user gets. */
export function down(user: string): string {
  return `user>>>${user}>>>traffic>>>downlink`;
}

/** Everything that is booked, by the counter's name; users alone. */
export async function booked(ledger: Ledger): Promise<Record<string, bigint>> {
  const totals: [string, bigint][] = [];
  for (const { subject, uplink, downlink } of (await ledger.usage({ by: ["user"] })).rows) {
    totals.push([up(subject as string), uplink], [down(subject as string), downlink]);
  }
  return Object.fromEntries(totals.filter(([, bytes]) => bytes > 0n));
}
