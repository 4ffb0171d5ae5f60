import { StatsError } from "../errors/stats-error.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { RecordOptions, RecordResult } from "../ledger/writer.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Clock } from "./clock.ts";
import type { OpenNode } from "./collected-node.ts";
import type { CollectorEvent, NodeState } from "./collector-event.ts";
import { asError, isFinal, ledgerReason } from "./error-reason.ts";
import { GenerationKeeper, type MadeAnew } from "./generation-keeper.ts";
import { PendingReadings } from "./pending-readings.ts";
import { type PollPace, pollDelay } from "./poll-delay.ts";
import type { Recorder, RecordingTarget } from "./recording-target.ts";
import type { Slots } from "./slots.ts";
import { Troubles } from "./troubles.ts";

/** What the nodes of a collector share. */
export interface NodeCollectorContext extends PollPace {
  readonly target: RecordingTarget;
  readonly slots: Slots;
  /** Of nodes that could not be read the last time: a whole region that hangs would leave the others no slot. */
  readonly slotsOfUnreachable: Slots;
  readonly clock: Clock;
  readonly timeoutMs: number | undefined;
  readonly emit: (event: CollectorEvent) => void;
  readonly bookExisting: boolean;
  /** Nodes of which an operator says that they are the same. */
  readonly sameCore: ReadonlySet<string>;
  /** Where users are made anew. */
  readonly generations: { readonly ledger: Ledger; readonly madeAnew: MadeAnew } | undefined;
}

/** A claim that was won. */
interface Held {
  readonly recorder: Recorder;
  readonly pending: PendingReadings;
  /** Milliseconds of the clock at the last sign of life. */
  signAtMs: number;
  /** What showed that another writer has taken the node over. */
  lost: Error | undefined;
}

/** What became of a poll. */
interface Outcome {
  readonly state: NodeState;
  readonly error: Error | undefined;
}

/** Claims one node and polls it, until it is told to stop. */
export class NodeCollector {
  readonly #node: OpenNode;
  readonly #context: NodeCollectorContext;
  readonly #generations: GenerationKeeper | undefined;
  /** An operator's words, until the first reading that is recorded. */
  #words: RecordOptions;
  #state: NodeState | undefined;
  #held: Held | undefined;
  #stopping = false;
  /** Aborted to end what the node waits for: at a stop, and when its claim is lost. */
  #wake = new AbortController();

  constructor(node: OpenNode, context: NodeCollectorContext) {
    this.#node = node;
    this.#context = context;
    const { bookExisting, sameCore, generations, emit, clock } = context;
    this.#words = { bookExisting, sameCore: sameCore.has(node.name) };
    if (generations !== undefined)
      this.#generations = new GenerationKeeper(
        node.name,
        { ...generations, emit, clock },
        new Troubles(node.name, emit),
      );
  }

  /** Ends polling; `run` then resolves, and `finish` is to be called. */
  stop(): void {
    this.#stopping = true;
    this.#wake.abort();
  }

  /** Claims and polls until `stop`. */
  async run(): Promise<void> {
    while (!this.#stopping) {
      this.#wake = new AbortController();
      this.#held = await this.#claim();
      if (this.#held === undefined) return;
      await this.#poll(this.#held);
      const { lost } = this.#held;
      if (lost === undefined) continue;
      this.#held = undefined;
      this.#enter({ state: "claim-lost", error: lost });
    }
  }

  /** Shows other collectors that this one lives, where no recorded reading did within an interval. */
  async signOfLife(): Promise<void> {
    const held = this.#held;
    const { clock, intervalMs } = this.#context;
    if (held === undefined || clock.now() - held.signAtMs < intervalMs) return;
    try {
      await held.recorder.heartbeat();
      held.signAtMs = clock.now();
    } catch (error) {
      if (ledgerReason(error) !== "claim-lost") return; // the next poll tells that the ledger fails
      held.lost = asError(error);
      this.#wake.abort();
    }
  }

  /** Takes a last reading, where one is wanted, and releases the claim. */
  async finish(lastReading: { readonly signal: AbortSignal; readonly timeoutMs: number } | undefined): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    let error: Error | undefined;
    if (held !== undefined && lastReading !== undefined) {
      ({ error } = await this.#readAndRecord(held, lastReading.signal, lastReading.timeoutMs));
    }
    await held?.recorder.release().catch((thrown) => {
      error ??= asError(thrown);
    });
    this.#enter({ state: "stopped", error });
  }

  /** Tells that the time to finish is over, where it did not. */
  abandon(): void {
    this.#enter({ state: "stopped", error: new StatsError("timeout", "there was no time left to record it") });
  }

  async #claim(): Promise<Held | undefined> {
    const { signal } = this.#wake;
    for (let failures = 1; ; failures++) {
      try {
        const recorder = await this.#claimWhenFree(signal);
        const { clock } = this.#context;
        return { recorder, pending: new PendingReadings(), signAtMs: clock.now(), lost: undefined };
      } catch (error) {
        if (signal.aborted) return undefined;
        if (isFinal(error)) throw error;
        this.#enter({ state: "unrecorded", error: asError(error) });
      }
      await this.#pause(failures);
      if (signal.aborted) return undefined;
    }
  }

  async #claimWhenFree(signal: AbortSignal): Promise<Recorder> {
    const { target, intervalMs } = this.#context;
    try {
      return await target.claim(this.#node.name, { intervalMs, signal, whenHeld: "fail" });
    } catch (error) {
      if (ledgerReason(error) !== "claimed") throw error;
      this.#enter({ state: "standby", error: asError(error) });
      return await target.claim(this.#node.name, { intervalMs, signal, whenHeld: "wait" });
    }
  }

  /** Polls until the claim is lost or the collector stops. */
  async #poll(held: Held): Promise<void> {
    const { signal } = this.#wake;
    let failures = 0;
    while (!signal.aborted) {
      const startedMs = this.#context.clock.now();
      const outcome = await this.#readAndRecord(held, signal, this.#context.timeoutMs);
      if (signal.aborted || held.lost !== undefined) return;
      this.#enter(outcome);
      failures = outcome.state === "unreachable" ? failures + 1 : 0;
      await this.#pause(failures, startedMs);
    }
  }

  async #readAndRecord(held: Held, signal: AbortSignal, timeoutMs: number | undefined): Promise<Outcome> {
    const { source } = this.#node;
    const slots = this.#state === "unreachable" ? this.#context.slotsOfUnreachable : this.#context.slots;
    let read: Outcome | undefined;
    let snapshot: Snapshot | undefined;
    try {
      snapshot = await slots.run(() => source.snapshot({ signal, timeoutMs }), signal);
      held.pending.add(snapshot);
    } catch (error) {
      read = { state: "unreachable", error: asError(error) };
    }
    // Also what an outage of the ledger has left, of a core that is gone by now.
    const recorded = await this.#recordPending(held, snapshot);
    if (snapshot !== undefined && recorded.state === "recording") await this.#generations?.cut(signal);
    return read ?? recorded;
  }

  async #recordPending(held: Held, newest: Snapshot | undefined): Promise<Outcome> {
    let outcome: Outcome = { state: "recording", error: undefined };
    for (let next = held.pending.first; next !== undefined; next = held.pending.first) {
      let result: RecordResult | undefined;
      try {
        result = await held.recorder.record(next, this.#words);
      } catch (error) {
        if (isFinal(error)) throw error;
        const reason = ledgerReason(error);
        if (reason === "known") {
          // As at every later start of a collector that is told to book what is there: that is for new nodes alone.
          this.#words = { ...this.#words, bookExisting: false };
          continue;
        }
        if (reason === "claim-lost") held.lost = asError(error);
        // An older one is in the ledger already: only the answer was lost.
        if (reason !== "stale-reading" || next === newest) return { state: "unrecorded", error: asError(error) };
        held.pending.shift();
        continue;
      }
      held.pending.shift();
      held.signAtMs = this.#context.clock.now();
      outcome = this.#tell(result);
    }
    return outcome;
  }

  /** Tells of restarts and gaps; what else a recorded reading says is the node's state. */
  #tell(result: RecordResult | undefined): Outcome {
    if (result === undefined) return { state: "recording", error: undefined };
    const { state, gaps, error } = result;
    const unbooked = state === "clock" || state === "other-core";
    if (!unbooked) this.#words = {};
    const outcome: Outcome = unbooked ? { state, error } : { state: "recording", error: undefined };
    this.#enter(outcome);
    const told = { node: this.#node.name, at: new Date() };
    if (state === "restarted" || state === "new-base") this.#context.emit({ kind: state, ...told });
    for (const gap of gaps) this.#context.emit({ kind: "gap", ...told, gap });
    return outcome;
  }

  #enter({ state, error }: Outcome): void {
    if (state === this.#state || this.#state === "stopped") return;
    this.#state = state;
    this.#context.emit({ kind: state, node: this.#node.name, at: new Date(), error });
  }

  /** Waits until the next poll is due; a stop or a lost claim ends it early. */
  async #pause(failures: number, startedMs: number = this.#context.clock.now()): Promise<void> {
    const { clock } = this.#context;
    const { signal } = this.#wake;
    const delayMs = pollDelay(this.#context, failures, clock.random());
    const leftMs = startedMs + delayMs - clock.now();
    try {
      // After a poll that took longer than that a whole pause: none are made up for.
      await clock.sleep(leftMs > 0 ? leftMs : delayMs, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
