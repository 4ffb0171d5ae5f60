import { StatsError } from "../../errors/stats-error.ts";
import type { ChangeCursor, LedgerChanges, LedgerHeld } from "../../ledger/exchange/changes.ts";
import { changesJson } from "../../ledger/exchange/changes-json.ts";
import { LedgerError } from "../../ledger/ledger-error.ts";
import type { HubClient, RefusedBody } from "./hub-client.ts";
import type { AnsweredNode, PushAnswer } from "./push-answer.ts";
import type { PushResult } from "./push-loop.ts";
import { refusalError } from "./refusal-error.ts";
import { keepRefused } from "./refused-bodies.ts";
import type { SentLedger } from "./sender.ts";
import type { SenderClock } from "./sender-clock.ts";
import type { InformSenderEvent, InformSenderState, RefusedSenderNode } from "./sender-event.ts";
import { keyOf, rewoundNodes, withoutRefused } from "./sent-cursor.ts";

/** What an outbox needs. */
interface OutboxOptions {
  readonly ledger: SentLedger;
  readonly hub: HubClient;
  readonly node: string | undefined;
  readonly maxBodyBytes: number;
  readonly refusedDirectory: string | undefined;
  readonly slowMs: number;
  readonly clock: SenderClock;
  readonly emit: (event: InformSenderEvent) => void;
}

/** Changes as they are sent. Sent again, they are the same: else the parts of a sweep would not fit together. */
interface Chunk {
  readonly changes: LedgerChanges;
  readonly body: Uint8Array;
}

const mostRows = 10_000;
/** How often one push begins anew where the hub does not hold what it acknowledged. */
const attempts = 5;

/** Where a ledger's changes stand on their way to a hub. */
export class Outbox {
  readonly #options: OutboxOptions;
  /** Up to here the hub acknowledged; `undefined` where it is to be asked. */
  #since: ChangeCursor | undefined;
  #comparedAt = 0;
  /** What was not acknowledged yet. */
  #chunk: Chunk | undefined;
  #limit = mostRows;
  /** Bytes that a body may have: less than asked for, where the hub takes less. */
  #fits: number;
  /** Nodes of which a body was kept aside, and up to where the hub holds them therefore until it is compared anew. */
  readonly #behind = new Map<string, number>();
  readonly #refused = new Map<string, RefusedSenderNode>();
  /** Nodes of which the hub holds something and takes more, as far as is known. */
  readonly #accepted = new Set<string>();
  /** How often the hub held less than it had, in this push. */
  #rewinds = 0;
  #acknowledgedAt: Date | undefined;
  #bodies = 0;
  #aside = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#fits = options.maxBodyBytes;
  }

  figures(): Omit<InformSenderState, "status" | "error"> {
    const refused = [...this.#refused.values()];
    return { acknowledgedAt: this.#acknowledgedAt, bodies: this.#bodies, aside: this.#aside, refused };
  }

  /** Sends all there is. */
  async push(signal: AbortSignal | undefined): Promise<PushResult> {
    try {
      return await this.#push(signal);
    } catch (error) {
      if (!(error instanceof LedgerError) || error.reason === "closed" || error.reason === "schema-changed")
        throw error;
      return { kind: "unreadable", error };
    }
  }

  async #push(signal: AbortSignal | undefined): Promise<PushResult> {
    const { slowMs, clock } = this.#options;
    // An operator may have said `replace`, and then all of the node is missing. Or a clock was set back.
    const sinceMs = Math.abs(clock.now().getTime() - this.#comparedAt);
    if (this.#refused.size > 0 && sinceMs >= slowMs) this.#since = undefined;
    this.#rewinds = 0;
    for (let attempt = 0; attempt < attempts; attempt++) {
      signal?.throwIfAborted();
      const failed = this.#since === undefined ? await this.#compare(signal) : undefined;
      if (failed !== undefined) return failed;
      const result = await this.#sendAll(signal);
      if (result !== "compare") return result;
      this.#since = undefined;
    }
    return disagreement();
  }

  /** Asks what the hub holds, and begins there. */
  async #compare(signal: AbortSignal | undefined): Promise<PushResult | undefined> {
    const { ledger, hub, node, clock } = this.#options;
    const result = await hub.held(await ledger.id(), node, signal);
    if (result.kind !== "held") return result;
    const { since, restored } = await ledger.reconcile(result.held);
    this.#since = since;
    this.#chunk = undefined;
    this.#fits = this.#options.maxBodyBytes;
    this.#behind.clear();
    this.#accepted.clear();
    for (const each of result.held.nodes) {
      const key = keyOf(each.ledger, each.node);
      if (each.revision > 0 && each.node !== "" && !this.#refused.has(key)) this.#accepted.add(key);
    }
    this.#comparedAt = clock.now().getTime();
    this.#acknowledgedAt = clock.now();
    if (restored) this.#tellRestored();
    return undefined;
  }

  async #sendAll(signal: AbortSignal | undefined): Promise<PushResult | "compare"> {
    const { hub } = this.#options;
    while (this.#since !== undefined) {
      signal?.throwIfAborted();
      this.#chunk ??= await this.#nextChunk(this.#since);
      const { changes, body } = this.#chunk;
      // Another process found that it is a copy.
      if (changes.ledger !== this.#since.ledger) return "compare";
      if (changes.nodes.length === 0) {
        this.#since = changes.cursor;
        this.#chunk = undefined;
        return this.#ended();
      }
      const result = await hub.send(body, signal);
      if (result.kind === "answer") await this.#acknowledged(changes, result.answer);
      else if (result.kind === "conflict") await this.#acknowledged(changes, conflict(changes, result.reason));
      else if (result.kind !== "refused-body") return result;
      else if (result.status === 413 && rowsOf(changes) > 1) this.#fits = Math.max(1, Math.floor(body.length / 2));
      else if (!(await this.#keepAside(changes, result))) return { kind: "blocked", error: result.error };
      this.#chunk = undefined;
      if (this.#rewinds >= attempts) return disagreement();
    }
    return "compare";
  }

  /** A hub that takes none of our nodes is not bothered with every byte that moves. */
  #ended(): PushResult {
    const [first] = this.#refused.values();
    if (first === undefined || this.#accepted.size > 0) return { kind: "current" };
    return { kind: "denied", error: refusalError(first, first.reason) };
  }

  async #nextChunk(since: ChangeCursor): Promise<Chunk> {
    const { ledger, node } = this.#options;
    for (;;) {
      const changes = await ledger.changes({ since, limit: this.#limit, node });
      const body = Buffer.from(JSON.stringify({ version: 1, changes: changesJson(changes) }));
      const share = this.#fits / body.length;
      if (share >= 1 || rowsOf(changes) <= 1) {
        if (share >= 2) this.#limit = Math.min(this.#limit * 2, mostRows);
        return { changes, body };
      }
      const rows = Math.min(this.#limit, rowsOf(changes));
      this.#limit = Math.max(1, Math.min(Math.floor(rows * share * 0.9), rows - 1));
    }
  }

  async #acknowledged(changes: LedgerChanges, { nodes, held }: PushAnswer): Promise<void> {
    const { ledger, clock } = this.#options;
    this.#bodies++;
    this.#acknowledgedAt = clock.now();
    const upTo = new Map(changes.nodes.map((node) => [keyOf(node.ledger, node.node), node.upTo]));
    const whole = new Set<string>();
    for (const { ledger: from, node, revision } of held.nodes) {
      const key = keyOf(from, node);
      if (revision >= (upTo.get(key) ?? 0) || this.#behind.has(key)) whole.add(key);
    }
    for (const node of nodes) this.#noteNode(node, whole);
    if (nodes.some(({ refused }) => refused === "rewind" || refused === "diverged")) {
      this.#since = undefined;
      return;
    }
    const { since, restored } = await ledger.reconcile(this.#compared(held), { since: changes.cursor });
    if (restored) this.#tellRestored();
    else {
      const rewound = rewoundNodes(since, changes.cursor);
      if (rewound.length > 0) this.#rewinds++;
      // What it took nothing of before it lacks from the beginning.
      if (this.#rewinds === 1 && rewound.some((key) => !this.#refused.has(key)))
        this.#options.emit({ kind: "rewound", at: clock.now() });
    }
    const refused = new Set(nodes.filter((node) => node.refused !== null).map((node) => keyOf(node.ledger, node.node)));
    this.#since = restored ? undefined : withoutRefused(since, upTo, refused);
  }

  /** What the hub holds, but for what it lacks because it never took it: that would be sent for ever. */
  #compared(held: LedgerHeld): LedgerHeld {
    const nodes = held.nodes.filter(({ ledger, node, revision }) => {
      const key = keyOf(ledger, node);
      if (this.#behind.get(key) === revision) return false;
      this.#behind.delete(key);
      return true;
    });
    return { ...held, nodes };
  }

  /** @param whole The nodes of which it holds all that was sent, but for what was kept aside. */
  #noteNode(
    { ledger, node, refused: reason, left, leftCount = left.length }: AnsweredNode,
    whole: ReadonlySet<string>,
  ): void {
    const { emit, clock } = this.#options;
    const [at, key] = [clock.now(), keyOf(ledger, node)];
    const [first] = left;
    if (first !== undefined) emit({ kind: "left-out", at, node, count: leftCount, reason: first.reason });
    if (reason === null) {
      // Of a node whose clock was ahead it takes what is of now, and refuses the rest.
      if (this.#refused.has(key) && !whole.has(key)) return;
      if (node !== "") this.#accepted.add(key);
      if (this.#refused.delete(key)) emit({ kind: "accepted", at, ledger, node, error: undefined });
      return;
    }
    if (reason === "rewind" || reason === "diverged") return;
    this.#accepted.delete(key);
    const told = this.#refused.get(key)?.reason === reason;
    this.#refused.set(key, { ledger, node, reason });
    if (!told) emit({ kind: "refused", at, ledger, node, error: refusalError({ ledger, node }, reason) });
  }

  /** @returns Whether it could be kept, so that what comes after it may be sent. */
  async #keepAside(changes: LedgerChanges, { status, error }: RefusedBody): Promise<boolean> {
    const { refusedDirectory, emit, clock } = this.#options;
    if (refusedDirectory === undefined) return false;
    const body = { version: 1 as const, changes: changesJson(changes) };
    // Where there is no space it stays in the ledger, as all else.
    const file = await keepRefused(refusedDirectory, { body, status, reason: error.message }).catch(() => undefined);
    if (file === undefined) return false;
    this.#aside++;
    for (const { ledger, node, since } of changes.nodes) this.#behind.set(keyOf(ledger, node), since);
    this.#since = changes.cursor;
    this.#fits = this.#options.maxBodyBytes;
    emit({ kind: "aside", at: clock.now(), file, error });
    return true;
  }

  #tellRestored(): void {
    // Of the old id's refusals nothing is known any more.
    this.#refused.clear();
    this.#options.emit({ kind: "restored", at: this.#options.clock.now() });
  }
}

/** Pushed on without end, it would never rest. */
function disagreement(): PushResult {
  const error = new StatsError("no-answer", `the hub did not hold what it had acknowledged, ${attempts} times`, {
    advice: "Does another process send the same ledger? One is enough.",
  });
  return { kind: "unavailable", error };
}

function rowsOf({ nodes }: LedgerChanges): number {
  let rows = 0;
  for (const { usage, entries } of nodes)
    rows += entries.length + usage.reduce((count, { counters }) => count + counters.length, 0);
  return rows;
}

/** A hub that only says that nothing was taken, and why. */
function conflict({ ledger, nodes }: LedgerChanges, reason: string): PushAnswer {
  return {
    nodes: nodes.map((node) => ({ ledger: node.ledger, node: node.node, refused: reason, left: [] })),
    held: { ledger: "", sender: ledger, nodes: [] },
  };
}
