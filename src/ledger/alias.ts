import { allTime, assertSigned, assertText, type Book, type Signed, writeCorrection } from "./corrections.ts";
import { LedgerError } from "./ledger-error.ts";
import type { LedgerRead } from "./store.ts";

/** Another name for a user or a node, see `Ledger.alias`. */
export type Alias = Signed & {
  /** The name that is shown in its place. */
  readonly is: string;
} & (
    | {
        /** The user's name that counters have. */
        readonly user: string;
        /** Not with a user. */
        readonly node?: undefined;
      }
    | {
        /** Not with a node. */
        readonly user?: undefined;
        /** The node's name that was recorded. */
        readonly node: string;
      }
  );

/** What an entry of kind `alias` says. */
export interface AliasBody extends Signed {
  readonly of: "user" | "node";
  readonly name: string;
  readonly is: string;
}

/** Writes that a name is shown as another one. @returns The entry's id. */
export async function alias(book: Book, { user, node, is, reason, author }: Alias): Promise<string> {
  if ((user === undefined) === (node === undefined))
    throw new TypeError("an alias is of a user or of a node: one of both");
  const of = node === undefined ? "user" : "node";
  const name = (node ?? user) as string;
  assertText(name, `a ${of}'s name`);
  assertText(is, `a ${of}'s name`);
  if (name === is) throw new RangeError(`a ${of} must be given another name than its own`);
  assertSigned({ reason, author });
  const body: AliasBody = { of, name, is, reason, author };
  return writeCorrection(book, { kind: "alias", ...allTime, body }, (tx) => assertNoCycle(tx, body));
}

async function assertNoCycle(tx: LedgerRead, { of, name, is }: AliasBody): Promise<void> {
  const entries = [...(await tx.entries({ kinds: ["alias"] }))].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  const bodies = entries.map(({ body }) => JSON.parse(body) as AliasBody).filter((each) => each.of === of);
  // Of several aliases of a name the last one holds.
  const shownAs = new Map(bodies.map((each) => [each.name, each.is]));
  const seen = new Set<string>();
  for (let next: string | undefined = is; next !== undefined && !seen.has(next); next = shownAs.get(next)) {
    if (next === name)
      throw new LedgerError(
        "alias-cycle",
        `${of} ${is} is shown as ${name} already, so ${name} cannot be shown as it`,
        {
          advice: "Give both of them a third name.",
        },
      );
    seen.add(next);
  }
}
