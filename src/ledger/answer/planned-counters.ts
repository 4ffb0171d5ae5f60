import type { CounterChoice, StoredNode } from "../store.ts";
import type { Asked } from "./asked.ts";
import { type NodeCounters, uplinkKinds } from "./counter-names.ts";
import { CounterPlaces } from "./counter-places.ts";
import type { MixedNode } from "./outranked.ts";

/** What becomes of the bytes of a stored node's counters. */
export interface PlannedNode {
  /** Twice the group's number, and 1 more for downlink, by counter. */
  readonly sums: CounterPlaces;
  /** Place in the plan's unproven notes, by counter; `undefined` where all of the node is proven. */
  readonly unproven: ReadonlyMap<number, number> | undefined;
}

/** A node of which several sources tell, and what is asked of it. */
export interface PlannedMix extends MixedNode {
  /** The counters that are asked for, by rank. */
  readonly choices: readonly (readonly CounterChoice[])[];
}

/** A stored node and its counters. */
export interface NamedNode {
  readonly stored: StoredNode;
  /** The name it is shown by. */
  readonly shown: string;
  readonly counters: NodeCounters;
}

/** So many counters of a node are asked for one by one: more are faster read with all others. */
const fewCounters = 2000;

/** The counters that a question is about. */
export class PlannedCounters {
  readonly nodes: Map<number, PlannedNode> = new Map();
  readonly unproven: { readonly node: string; readonly source: string }[] = [];
  readonly #asked: Asked;

  constructor(asked: Asked) {
    this.#asked = asked;
  }

  /** @param counts Whether a counter counts, by its position. */
  add({ stored, shown, counters }: NamedNode, counts: ((at: number) => boolean) | undefined): void {
    const { ids, kinds, sources, generations, subjects } = counters;
    const asked = this.#asked;
    const uplink = uplinkKinds[asked.scope];
    const sums = new CounterPlaces();
    const unproven = new Map<number, number>();
    for (let at = 0; at < ids.length; at++) {
      const kind = kinds[at] as number;
      if (kind !== uplink && kind !== uplink + 1) continue;
      const subject = asked.subjectOf(subjects[at] as string);
      if (!asked.hasSubject(subject) || counts?.(at) === false) continue;
      const source = sources[at] as string;
      const direction = kind === uplink ? "uplink" : "downlink";
      const generation = generations[at];
      const group = asked.groups.numberOf({ node: shown, subject, generation, source, direction });
      sums.add(ids[at] as number, group * 2 + (kind - uplink));
      if (source !== "core") unproven.set(ids[at] as number, this.#note(shown, source));
    }
    if (sums.ids.length > 0) this.nodes.set(stored.id, { sums, unproven: unproven.size > 0 ? unproven : undefined });
  }

  /** Which counters a store is asked for; more than wanted where that is faster. */
  choices(named: readonly NamedNode[], allNodes: boolean): CounterChoice[] {
    let [wanted, counters] = [0, 0];
    for (const each of named) {
      wanted += this.nodes.get(each.stored.id)?.sums.ids.length ?? 0;
      counters += each.counters.ids.length;
    }
    if (wanted === 0) return [];
    if (allNodes && wanted * 4 > counters) return [{ nodes: "all" }];
    const few: CounterChoice[] = [];
    const many: number[] = [];
    for (const [node, { sums }] of this.nodes)
      if (sums.ids.length <= fewCounters) few.push({ node, counters: sums.ids });
      else many.push(node);
    return many.length === 0 ? few : [...few, { nodes: many }];
  }

  /** Nodes of which several sources tell, whoever of their subjects is asked for. */
  mixed(named: readonly NamedNode[]): PlannedMix[] {
    const mixed: PlannedMix[] = [];
    for (const [name, parts] of Map.groupBy(named, ({ shown }) => shown)) {
      const sources = [...new Set(parts.flatMap(({ counters }) => [...new Set(counters.sources)]))].sort(byTrust);
      if (sources.length < 2) continue;
      const rankOf = new Map(sources.map((source, rank) => [source, rank]));
      const ranks = new Map<number, Map<number, number>>();
      const choices = sources.map((): CounterChoice[] => []);
      for (const { stored, counters } of parts) {
        const ofNode = counters.ids.map(
          (id, at) => [id, rankOf.get(counters.sources[at] as string) as number] as const,
        );
        ranks.set(stored.id, new Map(ofNode));
        const wanted = ofNode.filter(([id]) => this.nodes.get(stored.id)?.sums.get(id) !== undefined);
        for (const [rank, rows] of Map.groupBy(wanted, ([, each]) => each))
          (choices[rank] as CounterChoice[]).push({ node: stored.id, counters: rows.map(([id]) => id) });
      }
      mixed.push({ name, sources, ranks, choices });
    }
    return mixed;
  }

  #note(node: string, source: string): number {
    const known = this.unproven.findIndex((note) => note.node === node && note.source === source);
    return known >= 0 ? known : this.unproven.push({ node, source }) - 1;
  }
}

/** What is proven first, then by name. */
function byTrust(a: string, b: string): number {
  return Number(b === "core") - Number(a === "core") || (a < b ? -1 : 1);
}
