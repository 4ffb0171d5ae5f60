import * as v from "valibot";
import type { MergeRefusal, NodeChanges, NodeMerge } from "../../ledger/exchange/changes.ts";
import { parseChangesJson } from "../../ledger/exchange/changes-json.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { isBookable, quarterStart } from "../../ledger/quarter.ts";
import type { KeyHolder } from "../keys/key.ts";
import { replaceCommand } from "../replace-command.ts";
import { BodyError } from "./body-error.ts";
import { parseJsonBody } from "./parse-json-body.ts";
import { malformed, Refusal } from "./refusal.ts";

/** What became of one node's changes, as the answer tells it. */
export interface NodeAnswer extends Omit<NodeMerge, "refused"> {
  /** Why nothing of it was taken; `null` where it was. */
  readonly refused: MergeRefusal | "clock" | null;
  /** How many single rows and entries were left out; `left` names the first thousand. */
  readonly leftCount: number;
}

/** What a body of changes is held to. */
export interface ChangesLimits {
  /** Rows above this line rate are kept aside. */
  readonly maxBytesPerSecond: number;
  /** How far rows may be ahead of our clock. */
  readonly maxAheadMs: number;
  /** Our time. */
  readonly now: Date;
}

const envelope = v.object({ version: v.number(), changes: v.looseObject({ version: v.number() }) });

// Each is a transaction. A sender that records many nodes sends them one after the other.
const mostNodes = 1000;
/** Senders send ten thousand at a time. In one body of millions all would wait for their merging. */
const mostRows = 100_000;
/** So many are named; and a body with more of a wrong shape is none of ours. */
const mostLeft = 1000;

/** Entries that say what happened on the node itself, and those by which people change what was booked. */
const ownEntries = ["gap", "late", "generation"];
const corrections = ["adjust", "settle", "alias", "erase", "retract", "statement", "statement-part", "reopen"];

/**
 * Merges a body of our own form.
 *
 * @returns The answer's body, and who sent.
 * @throws Refusal, StatsError, LedgerError
 */
export async function receiveChanges(
  ledger: Ledger,
  { node, rights }: KeyHolder,
  body: Uint8Array,
  { maxBytesPerSecond, maxAheadMs, now }: ChangesLimits,
): Promise<{ readonly sender: string; readonly nodes: readonly NodeMerge[]; readonly answer: object }> {
  const changes = parseChangesJson(versionedChanges(parseJsonBody(body)), { mostLeftOut: mostLeft });
  if (changes.nodes.length > mostNodes) throw malformed(`a body has at most ${mostNodes} nodes`);
  const rows = changes.nodes.reduce((count, each) => count + rowsOf(each), 0);
  if (rows > mostRows)
    throw new BodyError("too-large", `the body has ${rows} rows; ${mostRows} are taken at once`, {
      advice: "Send fewer rows at a time.",
    });
  const latest = now.getTime() + maxAheadMs;
  const early = new Set(changes.nodes.filter((each) => isAhead(each, latest)));
  const allow = { node, entries: rights.includes("corrections") ? [...ownEntries, ...corrections] : ownEntries };
  const wanted = { ...changes, nodes: changes.nodes.filter((each) => !early.has(each)) };
  const { nodes: merged, held } = await ledger.merge(wanted, { allow, maxBytesPerSecond });
  const results = merged[Symbol.iterator]();
  const nodes = changes.nodes.map((each) => {
    const result = early.has(each) ? undefined : (results.next().value as NodeMerge);
    return result === undefined ? withheld(each) : answerOf(result);
  });
  const answer = { ledger: held.ledger, nodes, held };
  const refusal = refusalOfNodes(nodes, answer);
  if (refusal !== undefined) throw refusal;
  return { sender: changes.ledger, nodes: merged, answer };
}

function rowsOf({ usage, entries }: NodeChanges): number {
  return usage.reduce((count, { counters }) => count + counters.length, entries.length);
}

function versionedChanges(json: unknown): unknown {
  const parsed = v.safeParse(envelope, json, { abortEarly: true });
  if (!parsed.success) {
    const panel = typeof json === "object" && json !== null && "clientTraffics" in json;
    if (panel) throw malformed("this is a body of 3x-ui; its address is /v1/inform/3x-ui");
    const path = v.getDotPath(parsed.issues[0]);
    throw malformed(`${path ?? "the body"} must be ${parsed.issues[0].expected}, as in { "version": 1, "changes": … }`);
  }
  const { version, changes } = parsed.output;
  for (const each of [version, changes.version])
    if (each !== 1)
      throw new Refusal(400, "unknown-version", `bodies of version ${each} are not known here, but 1; update the hub`);
  return changes;
}

/**
 * Rows of a time that has not come, as a clock that is ahead makes them, would be billed at the wrong time, and cannot
 * be moved later. Nothing of the node is taken then: the sender keeps it all and sends it again, so nothing is lost.
 */
function isAhead({ usage }: NodeChanges, latest: number): boolean {
  // What no ledger holds is left out row by row.
  return usage.some(({ quarter }) => isBookable(quarter) && quarterStart(quarter).getTime() > latest);
}

function withheld({ ledger, node }: NodeChanges): NodeAnswer {
  const none = { rows: 0, entries: 0, unchanged: 0, aside: 0, left: [], leftCount: 0 };
  return { ledger, node, refused: "clock", ...none };
}

function answerOf(result: NodeMerge): NodeAnswer {
  const { refused, left } = result;
  return { ...result, refused: refused ?? null, left: left.slice(0, mostLeft), leftCount: left.length };
}

const statuses: ReadonlyMap<string, readonly [status: number, why: string]> = new Map([
  ["not-allowed", [403, "the key is of another node"]],
  ["other-ledger", [409, "another ledger records this node here; if this one is to take its place, say on the hub"]],
  ["sealed", [409, "another ledger took this one's place here"]],
  ["own", [409, "the hub records this node itself"]],
  ["clock", [409, "rows are of a time that has not come; set the node's clock"]],
] as const);

/** `rewind` and `diverged` are not refusals of the request: the sender's `reconcile` answers them. */
function refusalOfNodes(nodes: readonly NodeAnswer[], body: Readonly<Record<string, unknown>>): Refusal | undefined {
  for (const [word, [status, why]] of statuses) {
    const at = nodes.find(({ refused }) => refused === word);
    if (at === undefined) continue;
    const retryAfterMs = status === 409 ? 300_000 : undefined;
    const how = word === "other-ledger" ? `: ${replaceCommand(at)}` : "";
    return new Refusal(status, word, `${JSON.stringify(at.node)}: ${why}${how}`, { retryAfterMs, body });
  }
  return undefined;
}
