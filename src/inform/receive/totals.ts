import { createTurns } from "../../internal/turns.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { UsageAnswer, UsageNotes } from "../../usage/usage-answer.ts";
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

/** What one user used, as it is answered. */
interface UserTotal {
  readonly user: string;
  readonly uplink: bigint;
  readonly downlink: bigint;
  readonly total: bigint;
}

interface Read {
  /** When it was done, by a clock that never goes back. */
  readonly at: number;
  readonly head: LedgerHead;
  /** By user. */
  readonly totals: readonly UserTotal[];
  readonly notes: UsageNotes;
  /** Whether these are all there are, or those alone who changed. */
  readonly full: boolean;
}

const mostReads = 64;
/** Of all readings that are kept, so that many questions do not fill the memory: some 100 MB. */
const mostTotals = 500_000;
/** Each reading holds a connection of the database, and all users at once: more are not read beside each other. */
const mostAtOnce = 2;
// Should a hub be put back from a backup and go on beyond a cursor, its reader is right again after so long.
const fullEverySeconds = 86_400;

/**
 * Makes what answers `GET /v1/totals` from a ledger.
 *
 * @param maxAgeMs - So long one reading of the ledger serves all that ask the same. A cursor is that of its reading, so
 * nothing is missed. Later pages are of the first one's reading, as long as it is kept.
 */
export function createTotals(ledger: Ledger, maxAgeMs: number): Totals {
  const running = new Map<string, Promise<Read>>();
  /** The oldest first. */
  const done = new Map<string, Read>();
  const inTurn = createTurns(mostAtOnce);

  /** A reading of before where one fits, else a new one. */
  async function once(key: string, fits: (read: Read) => boolean, read: () => Promise<Read>): Promise<Read> {
    // Others that waited for the same one may have begun the next.
    for (let waited = 0; waited < 2; waited++) {
      const before = done.get(key);
      if (before !== undefined && fits(before)) return before;
      const begun = await running.get(key)?.catch(() => undefined);
      if (begun === undefined) break;
      if (fits(begun)) return begun;
    }
    const reading = read();
    running.set(key, reading);
    try {
      const whole = await reading;
      keep(key, whole);
      return whole;
    } finally {
      if (running.get(key) === reading) running.delete(key);
    }
  }

  function keep(key: string, read: Read): void {
    done.delete(key);
    done.set(key, read);
    let totals = 0;
    for (const { totals: each } of done.values()) totals += each.length;
    for (const [oldest, { totals: each }] of done) {
      if (oldest === key || (done.size <= mostReads && totals <= mostTotals)) return;
      done.delete(oldest);
      totals -= each.length;
    }
  }

  function readAll(query: UsageQuery): Promise<Read> {
    return inTurn(async () => {
      // The head first: what is booked meanwhile is in the totals, and comes again with the next question.
      const head = await readHead(ledger);
      const usage = await ledger.usage({ ...query, by: ["user"] });
      return { at: performance.now(), head, ...totalsOf(usage), full: true };
    });
  }

  /** Only what changed since, or all where that cannot be told. */
  async function readChanged(query: UsageQuery, since: Revisions, all: () => Promise<Read>): Promise<Read> {
    const read = await inTurn(async (): Promise<Read | "proven" | "unproven"> => {
      if (!(await isProven(ledger))) return "unproven";
      const head = await readHead(ledger);
      const users = await changedUsers(ledger, head, since);
      if (users === undefined) return "proven";
      const usage = await ledger.usage({ ...query, by: ["user"], subject: [...users] });
      return { at: performance.now(), head, ...totalsOf(usage), full: false };
    });
    if (typeof read === "object") return read;
    const whole = await all();
    // With two sources of one node, a row of one can take another user's row of the other out of the totals.
    if (read === "proven" || whole.notes.overlaps.length > 0) return whole;
    const users = await inTurn(() => changedUsers(ledger, whole.head, since));
    if (users === undefined) return whole;
    return { ...whole, totals: whole.totals.filter(({ user }) => users.has(user)), full: false };
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
      const begun = page && parseTotalsCursor(page.cursor);
      if (page !== undefined && begun === undefined) throw malformed("page is not one of ours");
      const etagOf = (head: LedgerHead): string => `"${askedOf([asked, since, limit, page, [...revisionsOf(head)]])}"`;
      const unchanged = etagOf(standing);
      if (ifNoneMatch?.split(",").some((tag) => tag.trim().replace(/^W\//, "") === unchanged))
        return new Response(null, { status: 304, headers: { etag: unchanged } });
      const seconds = Math.floor(now.getTime() / 1000);
      const follows = known?.asked === asked && seconds - known.fullAt < fullEverySeconds && page?.full !== true;
      // A reading that is older than what the asker knows would take it back.
      const fits = ({ at, head }: Read): boolean =>
        begun !== undefined
          ? covers(head, begun.revisions)
          : performance.now() - at < maxAgeMs && covers(head, known?.revisions ?? new Map());
      const all = (): Promise<Read> => once(asked, fits, () => readAll(query));
      const read = follows
        ? await once(askedOf([asked, since]), fits, () => readChanged(query, known.revisions, all))
        : await all();
      const { head, notes } = read;
      const full = page?.full ?? read.full;
      const rest = page === undefined ? read.totals : read.totals.filter(({ user }) => user > page.after);
      const totals = rest.slice(0, limit);
      const fullAt = full || known === undefined ? seconds : known.fullAt;
      const cursor = page?.cursor ?? formatTotalsCursor({ asked, fullAt, revisions: revisionsOf(head) });
      const more = rest.length > limit;
      const after = totals.at(-1)?.user ?? "";
      const body = {
        ledger: head.ledger,
        full,
        totals,
        next: more ? formatPage({ cursor, full, after }) : null,
        cursor: more ? null : cursor,
        notes: { gaps: notes.gaps.length, late: notes.late.length, unproven: notes.unproven },
      };
      return jsonAnswer(200, body, { etag: etagOf(head), "cache-control": "private, no-cache" });
    },
  };
}

function totalsOf({ rows, notes }: UsageAnswer): Pick<Read, "totals" | "notes"> {
  const totals = rows.map(({ subject, uplink, downlink, total }) => {
    return { user: subject as string, uplink, downlink, total };
  });
  return { totals: totals.sort((a, b) => (a.user < b.user ? -1 : 1)), notes };
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
