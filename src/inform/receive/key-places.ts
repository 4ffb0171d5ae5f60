import { createTurns, type Turns } from "../../internal/turns.ts";
import { Refusal } from "./refusal.ts";

/** Keeps the bodies of each key apart. */
export interface KeyPlaces {
  /**
   * Takes a body of a key.
   *
   * @param work Is given what lets it wait for the key's bodies that came before.
   * @throws Refusal 429 where the key has too many on their way.
   */
  take<Result>(key: string, work: (inTurn: Turns) => Promise<Result>): Promise<Result>;
}

/**
 * Lets each key have a few bodies on their way, of which one at a time is unpacked and merged. All of a key are of one
 * node, whose lock they would wait for, each with memory and a connection of the database that others need.
 *
 * @param mostOfKey How many are on their way, those that wait included.
 */
export function createKeyPlaces(mostOfKey: number): KeyPlaces {
  const keys = new Map<string, { readonly inTurn: Turns; count: number }>();
  return {
    async take(key, work) {
      const places = keys.get(key) ?? { inTurn: createTurns(1), count: 0 };
      if (places.count >= mostOfKey)
        throw new Refusal(429, "rate", `key ${key} sends more at once than is taken`, { retryAfterMs: 1000 });
      places.count++;
      keys.set(key, places);
      try {
        return await work(places.inTurn);
      } finally {
        if (--places.count === 0) keys.delete(key);
      }
    },
  };
}
