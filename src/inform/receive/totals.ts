import { createTurns } from "../../internal/turns.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { UsageAnswer } from "../../usage/usage-answer.ts";
import type { UsageQuery } from "../../usage/usage-query.ts";
import { parseZonedTime } from "../../usage/zoned-time.ts";
import { jsonAnswer } from "./answers.ts";
import { changedUsers, covers, isProven, type LedgerHead, type Revisions, readHead } from "./changed-users.ts";
import { malformed } from "./refusal.ts";
import { askedOf, formatTotalsCursor, parseTotalsCursor } from "./totals-cursor.ts";

/** Answers questions for totals; what many ask at the same time is read once. */
export interface Totals {
  /** @throws Refusal where the question is wrong. */
  answer(parameters: URLSearchParams, ifNoneMatch: string | null, now: Date): Promise<Response>;
}

interface Question extends Pick<UsageQuery, "from" | "to" | "node" | "generation"> {
  readonly since: string | undefined;
  readonly limit: number;
  readonly page: Page | undefined;
}

/** Where a later page goes on. */
interface Page {
  /** The cursor that the last page gives: what changed since the first one comes with the next question. */
  readonly cursor: string;
  /** Whether all totals are given. */
  readonly full: boolean;
  /** The last user of the page before. */
  readonly after: string;
}

interface Read {
  /** When it was done, by a clock that never goes back. */
  readonly at: number;
  readonly head: LedgerHead;
  readonly usage: UsageAnswer;
}

interface ReadTotals extends Pick<Read, "head" | "usage"> {
  /** Who changed; `undefined` where anybody may have, or all are to be told. */
  readonly users: ReadonlySet<string> | undefined;
}

const mostReads = 16;
/** Each reading holds a connection of the database, and all users at once: more are not read beside each other. */
const mostAtOnce = 2;
// Should a hub be put back from a backup and go on beyond a cursor, its reader is right again after so long.
const fullEverySeconds = 86_400;

/**
 * Makes what answers `GET /v1/totals` from a ledger.
 *
 * @param maxAgeMs - So long one reading of the ledger serves all that ask the same. A cursor is that of its reading, so
 * nothing is missed.
 */
export function createTotals(ledger: Ledger, maxAgeMs: number): Totals {
  const reads = new Map<string, Promise<Read>>();
  const inTurn = createTurns(mostAtOnce);

  /** @param known What the asker knows already: a reading that is older than that would take it back. */
  async function readAll(asked: string, query: UsageQuery, known: Revisions): Promise<Read> {
    // Others that waited for the same one may have begun the next.
    for (let before = reads.get(asked); before !== undefined; ) {
      const read = await before.catch(() => undefined);
      if (read !== undefined && performance.now() - read.at < maxAgeMs && covers(read.head, known)) return read;
      const next = reads.get(asked);
      before = next === before ? undefined : next;
    }
    // The head first: what is booked meanwhile is in the totals, and comes again with the next question.
    const reading = inTurn(async () => {
      const head = await readHead(ledger);
      const usage = await ledger.usage({ ...query, by: ["user"] });
      return { at: performance.now(), head, usage };
    });
    reads.delete(asked);
    reads.set(asked, reading);
    if (reads.size > mostReads) reads.delete(reads.keys().next().value as string);
    return reading;
  }

  /** Only what changed since. */
  async function readChanged(asked: string, query: UsageQuery, since: Revisions): Promise<ReadTotals> {
    const read = await inTurn(async (): Promise<ReadTotals | "proven" | "unproven"> => {
      if (!(await isProven(ledger))) return "unproven";
      const head = await readHead(ledger);
      const users = await changedUsers(ledger, head, since);
      if (users === undefined) return "proven";
      return { head, users, usage: await ledger.usage({ ...query, by: ["user"], subject: [...users] }) };
    });
    if (typeof read === "object") return read;
    const { head, usage } = await readAll(asked, query, since);
    // With two sources of one node, a row of one can take another user's row of the other out of the totals.
    const apart = read === "unproven" && usage.notes.overlaps.length === 0;
    return { head, usage, users: apart ? await inTurn(() => changedUsers(ledger, head, since)) : undefined };
  }

  return {
    async answer(parameters, ifNoneMatch, now) {
      const { since, limit, page, ...query } = parseQuestion(parameters);
      const standing = await readHead(ledger);
      const { from = null, to = null, node = null, generation = null } = query;
      // Of a node that is sealed nothing may be told any more, and what counts of another may change.
      const sealed = standing.nodes.filter(({ state }) => state === "sealed").length;
      const asked = askedOf([standing.ledger, sealed, from, to, node, generation]);
      const known = since === undefined ? undefined : parseTotalsCursor(since);
      if (since !== undefined && known === undefined) throw malformed("since is no cursor of ours");
      const etagOf = (head: LedgerHead): string => `"${askedOf([asked, since, limit, page, [...revisionsOf(head)]])}"`;
      const unchanged = etagOf(standing);
      if (ifNoneMatch?.split(",").some((tag) => tag.trim().replace(/^W\//, "") === unchanged))
        return new Response(null, { status: 304, headers: { etag: unchanged } });
      const seconds = Math.floor(now.getTime() / 1000);
      const follows = known?.asked === asked && seconds - known.fullAt < fullEverySeconds && page?.full !== true;
      const { head, usage, users } = follows
        ? await readChanged(asked, query, known.revisions)
        : { ...(await readAll(asked, query, known?.revisions ?? new Map())), users: undefined };
      const full = page?.full ?? users === undefined;
      const rows = usage.rows
        .map(({ subject, uplink, downlink, total }) => ({ user: subject as string, uplink, downlink, total }))
        .filter(({ user }) => (full || users === undefined || users.has(user)) && (!page || user > page.after))
        .sort((a, b) => (a.user < b.user ? -1 : 1));
      const totals = rows.slice(0, limit);
      const fullAt = full || known === undefined ? seconds : known.fullAt;
      const cursor = page?.cursor ?? formatTotalsCursor({ asked, fullAt, revisions: revisionsOf(head) });
      const more = rows.length > limit;
      const after = totals.at(-1)?.user ?? "";
      const { gaps, late, unproven } = usage.notes;
      const body = {
        ledger: head.ledger,
        full,
        totals,
        next: more ? formatPage({ cursor, full, after }) : null,
        cursor: more ? null : cursor,
        notes: { gaps: gaps.length, late: late.length, unproven },
      };
      return jsonAnswer(200, body, { etag: etagOf(head), "cache-control": "private, no-cache" });
    },
  };
}

function revisionsOf({ nodes }: LedgerHead): Revisions {
  return new Map(nodes.map(({ id, revision }) => [id, revision]));
}

function parseQuestion(parameters: URLSearchParams): Question {
  const [from, to] = [timeOf(parameters, "from"), timeOf(parameters, "to")];
  if (from !== undefined && to !== undefined && from > to) throw malformed("from is after to");
  const limit = Number(parameters.get("limit") ?? 1000);
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= 10_000)) throw malformed("limit is a count from 1 to 10000");
  const generation = parameters.get("generation") ?? undefined;
  if (generation !== undefined && generation !== "all" && generation !== "current")
    throw malformed('generation is "all" or "current"');
  const page = parameters.get("page");
  return {
    from,
    to,
    limit,
    generation,
    node: parameters.get("node") || undefined,
    since: parameters.get("since") || undefined,
    page: page ? parsePage(page) : undefined,
  };
}

function timeOf(parameters: URLSearchParams, name: string): Date | undefined {
  const text = parameters.get(name);
  if (!text) return undefined;
  try {
    return parseZonedTime(text, "UTC");
  } catch {
    throw malformed(`${name} is a time such as 2026-03-29 or 2026-03-29T01:30:00Z`);
  }
}

function formatPage({ cursor, full, after }: Page): string {
  return Buffer.from(JSON.stringify([cursor, full, after])).toString("base64url");
}

function parsePage(text: string): Page {
  try {
    const [cursor, full, after] = JSON.parse(Buffer.from(text, "base64url").toString()) as unknown[];
    if (typeof cursor === "string" && typeof full === "boolean" && typeof after === "string")
      return { cursor, full, after };
  } catch {}
  throw malformed("page is not one of ours");
}
