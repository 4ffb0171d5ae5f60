import { parseStatName } from "../../names/parse-stat-name.ts";
import type { Scope } from "../../names/stat-name.ts";
import type { LedgerRead, StoredCounter, StoredNode } from "../store.ts";

/** What the names of a node's counters say, as columns: a node may have some hundred thousand. Ids ascend. */
export interface NodeCounters {
  readonly ids: readonly number[];
  readonly sources: readonly string[];
  readonly generations: readonly number[];
  /** Scope and direction; {@link noTraffic} where it counts no traffic. */
  readonly kinds: Uint8Array;
  /** Whether a core showed all of them. */
  readonly proven: boolean;
  /** Whose it is; empty where it counts no traffic. */
  readonly subjects: readonly string[];
}

/** The kind of uplink counters of a scope; the one of downlink counters is one more. */
export const uplinkKinds: Readonly<Record<Scope, number>> = { user: 0, inbound: 2, outbound: 4 };

export const noTraffic = 255;

/** All counters whose names are remembered: about 200 MB of memory at the most. */
const mostCounters = 4_000_000;

/** Counters of nodes. Names are read and parsed once, until one is added or changed; the longest unused go first. */
export class CounterNames {
  readonly #kept = new Map<number, { readonly names: number; readonly counters: NodeCounters }>();
  #count = 0;
  /** One text for each subject and source, though it has several counters, on several nodes. */
  #texts = new Map<string, string>();

  async of(tx: LedgerRead, { id, names }: StoredNode): Promise<NodeCounters> {
    const known = this.#kept.get(id);
    if (known !== undefined) this.#forget(id);
    const counters = known?.names === names ? known.counters : await this.#read(tx, id);
    this.#kept.set(id, { names, counters });
    this.#count += counters.ids.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#count <= mostCounters) break;
      this.#forget(oldest);
    }
    return counters;
  }

  async #read(tx: LedgerRead, node: number): Promise<NodeCounters> {
    const stored = await tx.counters(node);
    // What was forgotten must not stay here.
    if (this.#texts.size > this.#count + stored.length) this.#texts = new Map();
    return countersFrom(stored, (text) => this.#oneText(text));
  }

  #oneText(text: string): string {
    const known = this.#texts.get(text);
    if (known === undefined) this.#texts.set(text, text);
    return known ?? text;
  }

  #forget(id: number): void {
    this.#count -= this.#kept.get(id)?.counters.ids.length ?? 0;
    this.#kept.delete(id);
  }
}

function countersFrom(stored: readonly StoredCounter[], kept: (text: string) => string): NodeCounters {
  const kinds = new Uint8Array(stored.length).fill(noTraffic);
  const subjects = stored.map(({ name }, at) => {
    const parsed = parseStatName(name);
    if (parsed.kind !== "traffic") return "";
    kinds[at] = uplinkKinds[parsed.scope] + (parsed.direction === "uplink" ? 0 : 1);
    return parsed.subject;
  });
  return {
    ids: stored.map(({ id }) => id),
    sources: stored.map(({ source }) => kept(source)),
    generations: stored.map(({ generation }) => generation),
    kinds,
    proven: stored.every(({ source }) => source === "core"),
    // A part of a name keeps all of the name in memory; texts that are read anew do not.
    subjects: (JSON.parse(JSON.stringify(subjects)) as string[]).map(kept),
  };
}
