import type { StatsError } from "../errors/stats-error.ts";
import { currentReader } from "../internal/reading-clock.ts";
import type { SnapshotEvidence } from "../snapshot/evidence.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { type BaseReading, readBase } from "./base-reading.ts";
import { bookReading } from "./book-reading.ts";
import { CounterIds } from "./counter-ids.ts";
import { erasedGenerations } from "./erased-names.ts";
import type { LedgerGap } from "./gap.ts";
import { LedgerError } from "./ledger-error.ts";
import type { LedgerStore, LedgerWrite, StoredNode } from "./store.ts";
import { WriteSessions } from "./write-sessions.ts";

/** What became of a reading. */
export interface RecordResult {
  /**
   * - `first`: the node was not known; its counters are the base from which is counted
   * - `ok`: what moved since the last reading is booked
   * - `restarted`: the core began anew; all its counters show is booked
   * - `new-base`: the node's address or kind is another one than before, so its counters are the base anew
   * - `other-core`: another core answered; nothing is booked, the base stays
   * - `clock`: the wall clock stepped; nothing is booked until it is right again, and nothing is lost by that
   */
  readonly state: "first" | "ok" | "restarted" | "new-base" | "other-core" | "clock";
  /** Bytes booked, of every counter. */
  readonly bytes: bigint;
  /** How many counters moved. */
  readonly counters: number;
  /** What was written into the gap book. */
  readonly gaps: readonly LedgerGap[];
  /** Why nothing is booked. */
  readonly error: StatsError | undefined;
}

/** Options of {@link Writer.record}: an operator's words. */
export interface RecordOptions {
  /** Books although the wall clock stepped. */
  readonly acceptClock?: boolean | undefined;
  /** It is the same core, whatever its address, its kind and its uptime say. */
  readonly sameCore?: boolean | undefined;
  /**
   * Books all that the counters of a node that was not known show, in place of a gap.
   *
   * @throws {@link LedgerError} `known` where the node was recorded before.
   */
  readonly bookExisting?: boolean | undefined;
}

/** The right to record a node, held until it is released or another takes it over. */
export interface Writer extends AsyncDisposable {
  /** Which node. */
  readonly node: string;
  /**
   * Books what moved since the node's last reading: everything or nothing, once. A call that fails has booked all or
   * nothing, and the next reading books the rest either way.
   *
   * @throws {@link LedgerError} `claim-lost`, `stale-reading`, `not-recordable`, or what the database could not do.
   */
  record(snapshot: Snapshot, options?: RecordOptions): Promise<RecordResult>;
  /** A sign of life while there is nothing to record, so that no standby takes over. */
  heartbeat(): Promise<void>;
  /** Gives the claim back, so that another may take it at once. */
  release(): Promise<void>;
}

/** What a writer knows without asking: it holds only for the revision it was learned at. */
export interface Known {
  readonly revision: number;
  readonly base: BaseReading | undefined;
  /** Ids of counters by name. */
  readonly ids: CounterIds;
}

export function createWriter(
  store: LedgerStore,
  node: string,
  claim: { readonly token: number; readonly wonAtMs: number; readonly intervalMs: number },
): Writer {
  // Every claim is a session of its own: two copies of a ledger cannot go on under one.
  const sessions = new WriteSessions();
  let known: Known | undefined;
  let released = false;

  /** Works on our node in one transaction; refuses once another has taken it over. */
  async function owned<Result>(work: (tx: LedgerWrite, stored: StoredNode) => Promise<Result>): Promise<Result> {
    return store.write(async (tx) => {
      const stored = await tx.ownNode(node);
      if (released || stored.token !== claim.token || stored.state !== "own")
        throw new LedgerError("claim-lost", `${node} is recorded by another writer`, {
          advice: "Claim it again, and read anew: an old reading must not be recorded.",
        });
      return work(tx, stored);
    });
  }

  async function record(snapshot: Snapshot, options: RecordOptions = {}): Promise<RecordResult> {
    assertRecordable(snapshot.evidence, claim.wonAtMs);
    // What was learned in a transaction that failed is not so.
    let before = known;
    known = undefined;
    const { result, next, id, rose } = await owned(async (tx, stored) => {
      const current = before?.revision === stored.revision ? before : await load(tx, stored);
      before = undefined;
      const booking = await bookReading(tx, stored, current, snapshot, { ...options, intervalMs: claim.intervalMs });
      const { revision } = booking.next;
      const rose = revision > stored.revision;
      if (rose) await sessions.begin(tx, stored, revision);
      return { ...booking, id: stored.id, rose };
    });
    known = next;
    if (rose) sessions.wrote(id, next.revision);
    return result;
  }

  const release = async (): Promise<void> => {
    if (released) return;
    try {
      await owned((tx, stored) => tx.changeNode(stored.id, { holder: undefined, heartbeat: stored.heartbeat + 1 }));
    } catch (error) {
      // Whoever took it over has it already.
      if (!(error instanceof LedgerError && error.reason === "claim-lost")) throw error;
    }
    released = true;
  };

  return {
    node,
    record,
    heartbeat: () => owned((tx, stored) => tx.changeNode(stored.id, { heartbeat: stored.heartbeat + 1 })),
    release,
    [Symbol.asyncDispose]: release,
  };
}

function assertRecordable({ origin, readerId, started }: SnapshotEvidence, wonAtMs: number): void {
  if (origin !== "core" || readerId !== currentReader().readerId)
    throw new LedgerError("not-recordable", "only what this process read from a core can be recorded", {
      advice: "Pass what StatsClient.snapshot() gives.",
    });
  if (started.monotonicMs < wonAtMs)
    throw new LedgerError("stale-reading", "the reading was begun before the claim was won", {
      advice: "Read anew: what was booked meanwhile would be booked twice.",
    });
}

async function load(tx: LedgerWrite, stored: StoredNode): Promise<Known> {
  const all = await tx.counters(stored.id);
  const counters = all.filter(({ source }) => source === "core");
  return {
    revision: stored.revision,
    base: stored.base === undefined ? undefined : await readBase(tx, stored.id, stored.base, counters),
    // Of several generations the last one goes on.
    ids: new CounterIds(
      counters.sort((a, b) => a.generation - b.generation).map(({ name, id }) => [name, id]),
      erasedGenerations(all),
    ),
  };
}
