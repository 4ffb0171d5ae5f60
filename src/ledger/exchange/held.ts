import type { Held, LedgerRead, LedgerStore, LedgerWrite, Session } from "../store.ts";
import type { HeldNode, LedgerHeld, NodeChanges } from "./changes.ts";

/** Sessions that are kept of a sender: enough to find where a copy of it was made. */
export const keptSessions = 16;

/** How a node's changes of one sender stand here. */
export interface Standing {
  /** Up to here all is held. */
  readonly revision: number;
  /** The sender's last sessions up to there. */
  readonly sessions: readonly Session[];
  /** Some changes up to here came. */
  readonly reached: number;
  /** The sweep that is on its way. */
  readonly sweep: SweepHeld | undefined;
}

/** Which sweep, and up to where its parts are held. */
interface SweepHeld {
  readonly id: string;
  readonly to: string;
}

/** How all changes of a node stand, by sender. */
export async function standings(tx: LedgerRead, node: number): Promise<Map<string, Standing>> {
  const found = new Map<string, Standing>();
  for (const { sender, revision, session } of await tx.held(node)) {
    const id = sender.replace(sweepMark, "");
    const before = found.get(id) ?? nothingHeld;
    const reached = Math.max(before.reached, revision);
    if (id === sender) found.set(id, { ...before, reached, revision, sessions: JSON.parse(session) as Session[] });
    else found.set(id, { ...before, reached, sweep: JSON.parse(session) as SweepHeld });
  }
  return found;
}

/** Before anything came. */
export const nothingHeld: Standing = { revision: 0, reached: 0, sessions: [], sweep: undefined };

/** No ledger's id ends so. */
const sweepMark = "/sweep";

/** Notes how far a sender's changes are held now that these are merged. @returns How it stands. */
export async function noteHeld(
  tx: LedgerWrite,
  node: number,
  sender: string,
  before: Standing,
  { since, upTo, sessions, part }: NodeChanges,
): Promise<Standing> {
  const sameSweep = before.sweep?.id === part.sweep;
  const follows = since <= before.revision && (part.from === "" || (sameSweep && before.sweep?.to === part.from));
  if (follows && part.to === undefined) {
    if (upTo <= before.revision) return before;
    const known = new Map([...before.sessions, ...sessions].map((session) => [session.revision, session]));
    const last = [...known.values()].filter(({ revision }) => revision <= upTo).sort((a, b) => a.revision - b.revision);
    const held = { revision: upTo, sessions: last.slice(-keptSessions) };
    await tx.setHeld(node, { sender, revision: upTo, session: JSON.stringify(held.sessions) });
    return { ...before, ...held };
  }
  // A first part that comes again takes nothing back.
  const goesOn = follows && part.to !== undefined && !(part.from === "" && sameSweep);
  const sweep = goesOn ? { id: part.sweep, to: part.to } : (before.sweep ?? { id: "", to: "" });
  const reached = Math.max(before.reached, upTo);
  if (goesOn || reached > before.reached)
    await tx.setHeld(node, { sender: `${sender}${sweepMark}`, revision: reached, session: JSON.stringify(sweep) });
  return { ...before, reached, sweep };
}

/** What is held of a sender, of all nodes or of those of one name. */
export async function readHeld(store: LedgerStore, sender: string, name: string | undefined): Promise<LedgerHeld> {
  return store.read(async (tx) => {
    const nodes: HeldNode[] = [];
    for (const { id, ledger, name: node } of await tx.nodes()) {
      if (name !== undefined && node !== "" && node !== name) continue;
      const held = (await tx.held(id)).find((row) => row.sender === sender);
      if (held !== undefined) nodes.push({ ledger, node, ...heldFrom(held) });
    }
    return { ledger: await tx.ledgerId(), sender, nodes };
  });
}

function heldFrom({ revision, session }: Held): Pick<HeldNode, "revision" | "sessions"> {
  return { revision, sessions: JSON.parse(session) as Session[] };
}

/** The session in which a revision was written; empty where there was none. */
export function sessionAt(sessions: readonly Session[], revision: number): string {
  return sessions.findLast((session) => session.revision <= revision)?.id ?? "";
}
