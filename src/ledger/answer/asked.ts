import type { Direction, Scope } from "../../names/stat-name.ts";
import type { UsageQuery } from "../../usage/usage-query.ts";
import type { StoredNode } from "../store.ts";
import { Groups } from "./groups.ts";
import type { Corrections } from "./read-corrections.ts";

/** Whose bytes a question is about, and where each of them is summed. */
export class Asked {
  readonly groups: Groups;
  readonly scope: Scope;
  readonly corrections: Corrections;
  readonly #subjects: ReadonlySet<string> | undefined;
  readonly #node: string | undefined;
  readonly #leftOut: ReadonlySet<string>;
  /** Users have the names that they were recorded under. */
  readonly #asRecorded: boolean;

  constructor(query: UsageQuery, corrections: Corrections) {
    const { by = [], scope = "user", subject, node, apiTags = ["api"], names = "shown" } = query;
    this.groups = new Groups(by);
    this.scope = scope;
    this.#asRecorded = names === "recorded";
    this.corrections = corrections;
    this.#subjects = subject === undefined ? undefined : new Set([subject].flat().map((each) => this.subjectOf(each)));
    this.#node = node === undefined ? undefined : corrections.nodeOf(node);
    const listed = scope === "user" || subject !== undefined || this.groups.bySubject;
    this.#leftOut = new Set(listed ? [] : apiTags);
  }

  /** The name that a subject is answered by. */
  subjectOf(name: string): string {
    return this.scope === "user" && !this.#asRecorded ? this.corrections.userOf(name) : name;
  }

  hasNode(node: StoredNode): boolean {
    return !this.corrections.isRetracted(node) && this.#hasNodeName(node.name);
  }

  /** @param shown The name that it is answered by. */
  hasSubject(shown: string): boolean {
    return this.#subjects?.has(shown) !== false && !this.#leftOut.has(shown);
  }

  /**
   * Where bytes are summed that no counter has.
   *
   * @returns Twice the group's number, and 1 more for downlink; `undefined` where they are not asked for.
   */
  correctedSum(
    { scope, subject, direction }: { readonly scope: Scope; readonly subject: string; readonly direction: Direction },
    node: string | undefined,
  ): number | undefined {
    const shown = this.subjectOf(subject);
    if (scope !== this.scope || !this.hasSubject(shown) || !this.#hasNodeName(node)) return undefined;
    const group = this.groups.numberOf({
      node: node === undefined ? undefined : this.corrections.nodeOf(node),
      subject: shown,
      generation: undefined,
      source: undefined,
      direction,
    });
    return group * 2 + (direction === "uplink" ? 0 : 1);
  }

  #hasNodeName(name: string | undefined): boolean {
    return this.#node === undefined || (name !== undefined && this.corrections.nodeOf(name) === this.#node);
  }
}
