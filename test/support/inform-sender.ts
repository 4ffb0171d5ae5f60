import { makeKey } from "../../src/inform/keys/make-key.ts";
import { createInformSender, type InformSender, type InformSenderOptions } from "../../src/inform/send/sender.ts";
import type { SenderClock } from "../../src/inform/send/sender-clock.ts";
import type { InformSenderEvent } from "../../src/inform/send/sender-event.ts";
import { createLedger, type Ledger } from "../../src/ledger/ledger.ts";
import { openMemoryStore } from "../../src/ledger/memory/memory-store.ts";
import type { LedgerStore } from "../../src/ledger/store.ts";
import type { TestHub } from "./inform-hub.ts";
import { QuarterWriter } from "./ledger-exchange.ts";
import { up } from "./ledger-session.ts";

/** A sender's key; the test hub takes any. */
export const { text: key }: { readonly text: string } = makeKey("a", ["usage"]);
/** A quarter hour of the past. */
export const quarter = 1_900_000;

/** A ledger at one end of the wire. */
export interface Side {
  readonly store: LedgerStore;
  readonly ledger: Ledger;
  book(node: string, counter: string, quarter: number, bytes: bigint): Promise<void>;
}

/** An empty ledger in memory. */
export function side(): Side {
  const store = openMemoryStore();
  const writer = new QuarterWriter(store);
  return { store, ledger: createLedger(store), book: (...row) => writer.book(...row) };
}

/** A node with so many users, of 1 byte and more. */
export async function nodeOf(users: number): Promise<Side> {
  const node = side();
  for (let user = 0; user < users; user++) await node.book("a", up(`user-${user}`), quarter, BigInt(user + 1));
  return node;
}

/** A sender, and what it told. */
export function senderOf(
  hub: TestHub,
  node: Pick<Side, "ledger">,
  options: Partial<InformSenderOptions> = {},
): InformSender & { readonly events: readonly InformSenderEvent[]; readonly told: () => readonly string[] } {
  const events: InformSenderEvent[] = [];
  const { ledger } = node;
  const sender = createInformSender({ ledger, hub: hub.url, key, onEvent: (event) => events.push(event), ...options });
  return { ...sender, events, told: () => events.map(({ kind }) => kind) };
}

/** A clock whose waits are over at once; ends after so many of them. */
export function quickClock(waits: number): { clock: SenderClock; pauses: number[]; signal: AbortSignal } {
  const stop = new AbortController();
  const pauses: number[] = [];
  let now = Date.now();
  const clock: SenderClock = {
    now: () => new Date(now),
    random: () => 0.999_999,
    async sleep(ms, signal) {
      pauses.push(Math.round(ms));
      now += ms;
      if (pauses.length >= waits) stop.abort();
      signal.throwIfAborted();
    },
  };
  return { clock, pauses, signal: stop.signal };
}
