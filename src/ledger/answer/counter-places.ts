import { countBelow } from "../sum-range.ts";

/** A number for each of many counters. Most are looked up in the order of their ids: faster than in a map. */
export class CounterPlaces {
  /** Which counters, ascending. */
  readonly ids: number[] = [];
  readonly #places: number[] = [];
  /** Where the one is that follows the last one that was looked up. */
  #next = 0;

  /** Counters are added in the order of their ids. */
  add(id: number, place: number): void {
    this.ids.push(id);
    this.#places.push(place);
  }

  get(id: number): number | undefined {
    const at = this.ids[this.#next] === id ? this.#next : countBelow(this.ids, id);
    if (this.ids[at] !== id) return undefined;
    this.#next = at + 1;
    return this.#places[at];
  }
}
