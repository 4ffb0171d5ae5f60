import { type NodeCounters, noTraffic } from "./counter-names.ts";
import type { NamedNode } from "./planned-counters.ts";

/** The highest generations of a stored node, by the kind and source of its counters, then by their subjects. */
type Highest = Map<string, Map<string, number>>;

/** Of each stored node which of its counters are of the current generation, by their positions. */
export function currentGenerations(named: readonly NamedNode[]): Map<number, (at: number) => boolean> {
  const current = new Map<number, (at: number) => boolean>();
  for (const parts of Map.groupBy(named, ({ shown }) => shown).values()) {
    const grown = parts.filter(({ stored }) => stored.state !== "sealed");
    const active = highestOf(grown);
    const sealed = highestOf(parts.filter(({ stored }) => stored.state === "sealed"));
    for (const part of parts) {
      const { counters, stored } = part;
      const own = highestOf([part]);
      current.set(stored.id, (at) => {
        const generation = counters.generations[at] as number;
        if (generation < (generationIn(own, counters, at) as number)) return false;
        // A ledger that took over may count generations from 0 again: what was sealed before is older only if its
        // generation is a lower one.
        if (stored.state !== "sealed") return true;
        return generation >= (generationIn(active, counters, at) ?? (generationIn(sealed, counters, at) as number));
      });
    }
  }
  return current;
}

function highestOf(parts: readonly NamedNode[]): Highest {
  const highest: Highest = new Map();
  for (const { counters } of parts)
    for (const [at, kind] of counters.kinds.entries()) {
      if (kind === noTraffic) continue;
      const key = keyOf(counters, at);
      let ofKind = highest.get(key);
      if (ofKind === undefined) {
        ofKind = new Map();
        highest.set(key, ofKind);
      }
      const subject = counters.subjects[at] as string;
      ofKind.set(subject, Math.max(counters.generations[at] as number, ofKind.get(subject) ?? 0));
    }
  return highest;
}

function generationIn(highest: Highest, counters: NodeCounters, at: number): number | undefined {
  return highest.get(keyOf(counters, at))?.get(counters.subjects[at] as string);
}

function keyOf({ kinds, sources }: NodeCounters, at: number): string {
  return `${kinds[at]} ${sources[at]}`;
}
