import type { Snapshot } from "../snapshot/snapshot.ts";
import { compareReadings } from "../snapshot/track-snapshots.ts";

/** More lives of a core than half of this in one outage of a ledger are not kept; the gaps of their restarts remain. */
const most = 64;

interface Pending {
  readonly snapshot: Snapshot;
  /** It shows all that the one before does, and more. */
  readonly continues: boolean;
}

/**
 * Readings to record, in their order: the newest, and while the ledger cannot take them the first and the last of each
 * life of the core. The last holds all the life's bytes; the first, taken soon after the start, is the best proof of
 * the restart: by the last the new life may have outgrown the old one.
 */
export class PendingReadings {
  readonly #readings: Pending[] = [];

  /** The one to record next. */
  get first(): Snapshot | undefined {
    return this.#readings[0]?.snapshot;
  }

  add(snapshot: Snapshot): void {
    const last = this.#readings.at(-1);
    const continues = last !== undefined && showsAllOf(last.snapshot, snapshot);
    if (continues && last.continues) this.#readings.pop();
    this.#readings.push({ snapshot, continues });
    if (this.#readings.length > most) this.#readings.shift();
  }

  /** Forgets the first: it is recorded, or never will be. */
  shift(): void {
    this.#readings.shift();
  }
}

/** Whether the later reading shows all the earlier one does. */
function showsAllOf(earlier: Snapshot, later: Snapshot): boolean {
  const { delta, missing } = compareReadings(earlier, new Map(), later);
  return delta.state === "ok" && delta.gaps.length === 0 && missing?.size === 0;
}
