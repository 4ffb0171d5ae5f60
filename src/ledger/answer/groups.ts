import type { Usage, UsageKey } from "../../usage/usage-query.ts";

/** What a row is of, time aside; `undefined` where usage is not split by it. */
export type Group = Pick<Usage, "node" | "subject" | "generation" | "source" | "direction">;

const keys = ["node", "subject", "generation", "source", "direction"] as const satisfies (keyof Group)[];

type Level = Map<string | number | undefined, Level | number>;

/** The groups of an answer, each with a number from 0 on. */
export class Groups {
  /** By their numbers. */
  readonly list: Group[] = [];
  readonly #keys: readonly (keyof Group)[];
  readonly #root: Level = new Map();

  constructor(by: readonly UsageKey[]) {
    this.#keys = keys.filter((key) => by.includes(key) || (key === "subject" && by.includes("user")));
  }

  /** Usage is split by who it is of: nothing is summed over subjects. */
  get bySubject(): boolean {
    return this.#keys.includes("subject");
  }

  /** The number of a group, which is made where there is none. */
  numberOf(values: Group): number {
    let level = this.#root;
    const last = this.#keys.length - 1;
    for (let at = 0; at < last; at++) {
      const value = values[this.#keys[at] as keyof Group];
      let next = level.get(value) as Level | undefined;
      if (next === undefined) {
        next = new Map();
        level.set(value, next);
      }
      level = next;
    }
    const value = last < 0 ? undefined : values[this.#keys[last] as keyof Group];
    const known = level.get(value);
    if (known !== undefined) return known as number;
    level.set(value, this.list.length);
    this.list.push(this.#only(values));
    return this.list.length - 1;
  }

  /** Their numbers, by node, subject, generation, source and direction. */
  inOrder(): number[] {
    const { list } = this;
    return Array.from(list.keys()).sort((a, b) => compareGroups(list[a] as Group, list[b] as Group));
  }

  #only(values: Group): Group {
    const group: Record<string, unknown> = {};
    for (const key of keys) group[key] = this.#keys.includes(key) ? values[key] : undefined;
    return group as unknown as Group;
  }
}

/** What has no value comes first. */
export function compareGroups(a: Group, b: Group): number {
  for (const key of keys) {
    const [one, other] = [a[key], b[key]];
    if (one === other) continue;
    if (one === undefined) return -1;
    if (other === undefined || one > other) return 1;
    return -1;
  }
  return 0;
}
