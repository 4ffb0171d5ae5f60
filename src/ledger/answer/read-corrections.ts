import type { GapSettlement } from "../../usage/ledger-gap.ts";
import type { AdjustBody } from "../adjust.ts";
import type { AliasBody } from "../alias.ts";
import type { RetractBody } from "../retract.ts";
import type { SettleBody } from "../settle.ts";
import type { LedgerRead, StoredEntry, StoredNode } from "../store.ts";

/** Times an answer is about, ms since 1970; what is absent does not limit. */
export interface AnswerWindow {
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** Entries that were written later are left out. */
  readonly asOf: number | undefined;
}

/** What people said that changes answers. */
export interface Corrections {
  /** The name that a user is shown by. */
  userOf(name: string): string;
  /** The name that a node is shown by. */
  nodeOf(name: string): string;
  isRetracted(node: StoredNode): boolean;
  /** Those that count for a time of the window. */
  readonly adjustments: readonly (AdjustBody & { readonly at: number })[];
  /** By the ids of their gaps, of those that touch the window. */
  readonly settlements: ReadonlyMap<string, GapSettlement>;
}

export async function readCorrections(tx: LedgerRead, { from, to, asOf }: AnswerWindow): Promise<Corrections> {
  const known = (entries: readonly StoredEntry[]): StoredEntry[] =>
    entries.filter(({ at }) => asOf === undefined || at <= asOf).sort(byAge);
  const always = known(await tx.entries({ kinds: ["alias", "retract"] }));
  const ofTime = known(await tx.entries({ kinds: ["adjust", "settle"], from, to }));
  const aliases = (of: AliasBody["of"]): AliasBody[] =>
    bodies<AliasBody>(always, "alias").filter((alias) => alias.of === of);
  const retracted = bodies<RetractBody>(always, "retract");
  const settlements = new Map<string, GapSettlement>();
  for (const { kind, body, at } of ofTime) {
    if (kind !== "settle") continue;
    const { gap, as, reason, author } = JSON.parse(body) as SettleBody;
    // Where two ledgers settled it, the first word holds.
    if (!settlements.has(gap)) settlements.set(gap, { as, at: new Date(at), reason, author });
  }
  return {
    userOf: shownNames(aliases("user")),
    nodeOf: shownNames(aliases("node")),
    isRetracted: ({ ledger, name }) =>
      retracted.some((each) => each.ledger === ledger && (each.node === undefined || each.node === name)),
    adjustments: ofTime
      .filter(({ kind }) => kind === "adjust")
      .map((entry) => ({ ...(JSON.parse(entry.body) as AdjustBody), at: entry.from })),
    settlements,
  };
}

/** Nodes that answers are about; those that are shown as one name, if asked. */
export async function askedNodes(
  tx: LedgerRead,
  { nodeOf, isRetracted }: Corrections,
  node: string | undefined,
): Promise<StoredNode[]> {
  const shown = node === undefined ? undefined : nodeOf(node);
  return (await tx.nodes()).filter(
    (each) => !isRetracted(each) && (shown === undefined || nodeOf(each.name) === shown),
  );
}

function byAge(a: StoredEntry, b: StoredEntry): number {
  return a.at - b.at || (a.id < b.id ? -1 : 1);
}

function bodies<Body>(entries: readonly StoredEntry[], kind: string): Body[] {
  return entries.filter((entry) => entry.kind === kind).map(({ body }) => JSON.parse(body) as Body);
}

/** @param aliases The oldest first: of several for one name the last one holds. */
function shownNames(aliases: readonly AliasBody[]): (name: string) => string {
  // Set anew where it is there, so that the order is that of age.
  const last = new Map<string, string>();
  for (const { name, is } of aliases) {
    last.delete(name);
    last.set(name, is);
  }
  // From the newest on, so that of a cycle, which only a merge can bring, the oldest one is left out.
  const shownAs = new Map<string, string>();
  const end = (name: string): string => {
    let at = name;
    for (let next = shownAs.get(at); next !== undefined; next = shownAs.get(at)) at = next;
    return at;
  };
  for (const [name, is] of [...last].reverse()) if (end(is) !== name) shownAs.set(name, is);
  return end;
}
