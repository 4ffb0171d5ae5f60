import { type CollectOptions, runCollector } from "../../../src/collector/collect.ts";
import type { CollectorEvent } from "../../../src/collector/collector-event.ts";
import { type Ledger, openMemoryLedger } from "../../../src/ledger/ledger.ts";
import { FakeCore } from "./fake-core.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** A collector of fake cores in virtual time. */
export interface CollectorSession extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly ledger: Ledger;
  /** What was told, as `node kind` and the gap's cause. */
  readonly told: string[];
  readonly events: CollectorEvent[];
  /** Resolves when the collector ended. */
  readonly ended: Promise<void>;
  core(name: string): FakeCore;
  /** Ends it. */
  stop(): Promise<void>;
  /** All that is booked. */
  booked(): Promise<bigint>;
}

/** Starts a collector of a poll a second. */
export function startSession(
  names: readonly string[],
  options: Partial<CollectOptions> = {},
  wrap: (ledger: Ledger) => Ledger = (ledger) => ledger,
): CollectorSession {
  const clock = new VirtualClock();
  const ledger = openMemoryLedger();
  const cores = new Map(names.map((name) => [name, new FakeCore(clock)]));
  const events: CollectorEvent[] = [];
  const told: string[] = [];
  const stop = new AbortController();
  const ended = runCollector(
    {
      nodes: Array.from(cores, ([name, core]) => ({ name, core })),
      ...(options.sink === undefined && { ledger: wrap(ledger) }),
      intervalMs: 1000,
      signal: stop.signal,
      onEvent: (event) => {
        events.push(event);
        told.push(`${event.node} ${event.kind === "gap" ? event.gap.cause : event.kind}`);
      },
      ...options,
    },
    clock,
  );
  // Whoever awaits it sees why.
  ended.catch(() => undefined);
  return {
    clock,
    ledger,
    told,
    events,
    ended,
    core: (name) => cores.get(name) as FakeCore,
    stop() {
      stop.abort();
      return ended;
    },
    async booked() {
      return (await ledger.totals()).total;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      for (const core of cores.values()) core.state = "dead";
      await clock.pass(60_000);
      await ended.catch(() => undefined);
    },
  };
}
