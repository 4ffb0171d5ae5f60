import type { LedgerWrite, StoredNode } from "../store.ts";
import type { AllowedChanges, MergeOptions, MergeRefusal, NodeChanges } from "./changes.ts";
import { standings } from "./held.ts";
import { sealOf, sealOwn } from "./seal.ts";

/** Thrown in a transaction, so that nothing of it stays. */
export class Refused extends Error {
  readonly reason: MergeRefusal;

  constructor(reason: MergeRefusal) {
    super(reason);
    this.reason = reason;
  }
}

/** Entries that say what happened on a node. */
const aboutNodes: ReadonlySet<string> = new Set(["gap", "late", "generation", "aside"]);

/** Whether an untrusted sender may bring changes: of its own node, or what people wrote about no node. */
export function isAllowed({ node, usage, entries }: NodeChanges, allow: AllowedChanges): boolean {
  if (node !== "") return node === allow.node;
  return usage.length === 0 && !entries.some(({ kind }) => aboutNodes.has(kind));
}

/** Whether an untrusted sender may bring anything that is about no node. */
export function mayCorrect({ entries }: AllowedChanges): boolean {
  return entries.some((kind) => !aboutNodes.has(kind));
}

/** So many ledgers of one node an untrusted sender may make known here: each is looked at in every answer. */
const mostLedgers = 1000;

/** The node that changes are of, locked, where this ledger takes them. @throws Refused */
export async function admitNode(
  tx: LedgerWrite,
  { own, sender }: { readonly own: string; readonly sender: string },
  changes: NodeChanges,
  { replace = false, allow }: MergeOptions,
): Promise<StoredNode> {
  if (changes.ledger === own || sender === own) throw new Refused("own");
  const node = await tx.nodeOf(changes.ledger, changes.node);
  if (node.state === "own" || sealOf(node) !== undefined) throw new Refused("own");
  if (node.state === "sealed" && changes.state === "growing") throw new Refused("sealed");
  // Entries about no node come from every ledger.
  if (node.revision > 0 || node.name === "") return node;
  if (allow !== undefined && (await tx.ledgersOf(node.name)) > mostLedgers) throw new Refused("other-ledger");
  const active = await activeBeside(tx, node);
  if (active === undefined) return node;
  if (changes.state !== "growing") {
    await tx.changeNode(node.id, { state: "sealed" });
    return { ...node, state: "sealed" };
  }
  const { ledger, name, state } = active;
  if (!replace && !(state === "merged" && (await isReplaced(tx, await tx.nodeOf(ledger, name), sender, changes))))
    throw new Refused("other-ledger");
  await sealActive(tx, active);
  return node;
}

/** The node of the same name that another ledger records here. Of two that are new at the same time one sees the other. */
export async function activeBeside(tx: LedgerWrite, { id, name }: StoredNode): Promise<StoredNode | undefined> {
  await tx.ownNode("");
  return (await tx.nodesNamed([name])).find((each) => each.id !== id);
}

/** Another ledger takes the place of what recorded a node so far: it stays and counts, and adds no more. */
export async function sealActive(tx: LedgerWrite, { id, name, state }: StoredNode): Promise<void> {
  if (state === "own") await sealOwn(tx, await tx.ownNode(name), { sealed: "replaced" });
  else await tx.changeNode(id, { state: "sealed" });
}

/**
 * Whether all that is held of a ledger was recorded before the sender gave its id up. If somebody recorded on under that
 * id, there are two that record the same core, and both together would count its traffic twice.
 */
async function isReplaced(
  tx: LedgerWrite,
  old: StoredNode,
  sender: string,
  { replaces }: NodeChanges,
): Promise<boolean> {
  const word = replaces.find(({ ledger }) => ledger === old.ledger);
  if (word === undefined) return false;
  const former = new Set([sender, ...replaces.map(({ ledger }) => ledger)]);
  for (const [id, { revision, reached, sessions }] of await standings(tx, old.id)) {
    if (!former.has(id)) return false;
    // What the sender itself brought, or held when it was another, was recorded before.
    if (id !== old.ledger || reached <= word.revision) continue;
    const session = sessions.at(-1)?.id;
    const seen = reached <= word.seen.revision && (revision === 0 || word.seen.sessions.includes(session ?? ""));
    if (!seen) return false;
  }
  return true;
}
