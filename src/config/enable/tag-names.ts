import type { ConfigModel, InboundModel } from "../model/config-model.ts";
import { stringListOf } from "../syntax/lookup.ts";
import type { ConfigNode } from "../syntax/node.ts";

/** Finds names for new tags: such as nothing in a configuration speaks of, and as no selector takes in. */
export class TagNames {
  /** What stands anywhere as a value or in a list with commas, and how often. */
  readonly #spokenOf = new Map<string, number>();
  readonly #selectors = new Set<string>();
  readonly #usedSelectors: ReadonlySet<string>;
  /** By what a name begins with: the number to try next. */
  readonly #numbers = new Map<string, number>();

  constructor({ root, inbounds, balancers, rules }: ConfigModel) {
    this.#collect(root, new Set(inbounds.flatMap(listOfUsers)));
    const used = new Set(
      rules.map(({ outboundTag, balancerTag }) => (outboundTag === undefined ? balancerTag : undefined)),
    );
    this.#usedSelectors = new Set(balancers.flatMap(({ tag, selectors }) => (used.has(tag) ? selectors : [])));
  }

  /** How often the name stands in the configuration. */
  timesSpokenOf(name: string): number {
    return this.#spokenOf.get(name) ?? 0;
  }

  /** Whether a balancer that some rule uses takes in the outbound of this name. */
  isBalanced(name: string): boolean {
    return startsWithAny(name, this.#usedSelectors);
  }

  /** A new name for what only rules of inbounds could speak of. */
  forInbound(base: string): string {
    return this.#free([base], new Set()) as string;
  }

  /** A new name that no selector of a balancer or an observatory takes in; `undefined` where they take in everything. */
  forOutbound(base: string): string | undefined {
    return this.#free([`${base}-out`, `out-${base}`, ...letters.map((letter) => `${letter}-${base}`)], this.#selectors);
  }

  /** A name for an API that listens by itself, and so has no outbound. */
  forListeningApi(): string {
    return this.#free(["api"], new Set()) as string;
  }

  /** A name for the API's outbound, which no balancer must choose; `undefined` where they choose everything. */
  forApi(): string | undefined {
    const bases = ["api", "stats-api", "v2ray-stats", ...letters.map((letter) => `${letter}-api`)];
    return this.#free(bases, this.#selectors) ?? this.#free(bases, this.#usedSelectors);
  }

  #free(bases: readonly string[], selectors: ReadonlySet<string>): string | undefined {
    for (const base of bases) {
      if (startsWithAny(base, selectors)) continue;
      for (let number = this.#numbers.get(base) ?? 1; number <= maxNumber; number++) {
        this.#numbers.set(base, number + 1);
        const name = number === 1 ? base : `${base}-${number}`;
        if (this.#spokenOf.has(name) || startsWithAny(name, selectors)) continue;
        this.#spokenOf.set(name, 1);
        return name;
      }
    }
    return undefined;
  }

  #collect(node: ConfigNode, userLists: ReadonlySet<ConfigNode>): void {
    const { children } = node;
    for (let i = 0; i < children.length; i++) {
      const child = children[i] as ConfigNode;
      if (child.kind === "string") this.#add(child.value as string);
      else if (userLists.has(child)) this.#collectOfUsers(child, userLists);
      else if (child.children.length > 0) this.#collect(child, userLists);
      if (child.key !== undefined && /selector$/i.test(child.key))
        for (const selector of stringListOf(child) ?? []) this.#selectors.add(selector);
    }
  }

  /** What users are called by is no tag, and there may be very many; but Xray's may each have a `reverse.tag`. */
  #collectOfUsers(list: ConfigNode, userLists: ReadonlySet<ConfigNode>): void {
    for (const user of list.children) {
      for (const part of user.children) if (part.children.length > 0) this.#collect(part, userLists);
    }
  }

  #add(text: string): void {
    const parts = text.includes(",") ? [text, ...text.split(",").map((part) => part.trim())] : [text];
    for (const part of parts) this.#spokenOf.set(part, this.timesSpokenOf(part) + 1);
  }
}

/** The list in which an inbound's users stand; none where the settings themselves are the user. */
function listOfUsers({ settings, users }: InboundModel): readonly ConfigNode[] {
  const [first] = users;
  if (first === undefined || first.node === settings) return [];
  return settings?.children.filter(({ children }) => children.includes(first.node)) ?? [];
}

/** More untagged inbounds of a protocol nobody has; their selectors take in what has a number. */
const maxNumber = 100_000;
const letters = [..."zyxwvutsrqponmlkjihgfedcba"];

function startsWithAny(name: string, prefixes: ReadonlySet<string>): boolean {
  for (const prefix of prefixes) if (name.startsWith(prefix)) return true;
  return false;
}
