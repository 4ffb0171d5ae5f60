import { StatsError } from "../../errors/stats-error.ts";
import type { NewCounter, Session, UsageColumns } from "../store.ts";
import type {
  ChangedEntry,
  HeldNode,
  LedgerHeld,
  LeftOut,
  NodeChanges,
  ReplacedLedger,
  SentChanges,
} from "./changes.ts";

/** Changes as plain JSON data: as {@link SentChanges}, bytes as decimal strings. */
export interface ChangesJson {
  /** The form's version. */
  readonly version: 1;
  /** The sender's id. */
  readonly ledger: string;
  /** What changed, node by node. */
  readonly nodes: readonly NodeChangesJson[];
}

/** Changes of one node as plain JSON data. */
export interface NodeChangesJson extends Omit<NodeChanges, "counters" | "usage" | "left"> {
  /** Counters that the rows are of; of a core's counter of generation 0 the name alone. */
  readonly counters: readonly (string | NewCounter)[];
  /** Absolute bytes by quarter hour, as decimal strings; `counters` are indices into the list of counters. */
  readonly usage: readonly UsageColumnsJson[];
}

/** Bytes of counters in one quarter hour, as plain JSON data. */
export interface UsageColumnsJson extends Omit<UsageColumns, "bytes"> {
  /** How much of each, as decimal strings. */
  readonly bytes: readonly string[];
}

/** Options of {@link parseChangesJson}. */
export interface ParseChangesOptions {
  /**
   * How many rows, counters and entries of a wrong shape are left out one by one, and named in `left` of their node, so
   * that the good ones beside them are not lost with them. One more, and all is refused. @defaultValue 0
   */
  readonly mostLeftOut?: number | undefined;
}

/** Makes JSON data of what one ledger sends to another. */
export function changesJson({ ledger, nodes }: SentChanges): ChangesJson {
  return {
    version: 1,
    ledger,
    nodes: nodes.map(({ left: _, ...node }) => ({
      ...node,
      counters: node.counters.map(counterJson),
      usage: node.usage.map((columns) => ({ ...columns, bytes: columns.bytes.map(String) })),
    })),
  };
}

/** Nearly all are a core's, of the first generation. A body has tens of thousands of them. */
function counterJson(counter: NewCounter): string | NewCounter {
  return counter.source === "core" && counter.generation === 0 ? counter.name : counter;
}

/**
 * Reads what {@link changesJson} gave.
 *
 * @throws {@link StatsError} `malformed`, with the path of what is wrong.
 */
export function parseChangesJson(json: unknown, { mostLeftOut = 0 }: ParseChangesOptions = {}): SentChanges {
  const root = record(json, "changes");
  if (root.version !== 1) throw malformed("version", "1");
  const room = { items: mostLeftOut };
  return {
    ledger: ledgerId(root.ledger, "ledger"),
    nodes: list(root.nodes, "nodes", (node, path) => parseNode(node, path, room)),
  };
}

/**
 * Checks what a receiver says it holds: a {@link LedgerHeld}, which is plain JSON data as it is.
 *
 * @throws {@link StatsError} `malformed`, with the path of what is wrong.
 */
export function parseHeldJson(json: unknown): LedgerHeld {
  const held = record(json, "held");
  return {
    ledger: ledgerId(held.ledger, "ledger"),
    sender: ledgerId(held.sender, "sender"),
    nodes: list(held.nodes, "nodes", (each, path): HeldNode => {
      const node = record(each, path);
      return {
        ledger: ledgerId(node.ledger, `${path}.ledger`),
        node: text(node.node, `${path}.node`),
        revision: count(node.revision, `${path}.revision`),
        sessions: list(node.sessions, `${path}.sessions`, parseSession),
      };
    }),
  };
}

function parseNode(json: unknown, path: string, room: { items: number }): NodeChanges {
  const node = record(json, path);
  const left: LeftOut[] = [];
  const leaveOut: LeaveOut = (item, place, expected) => {
    if (room.items-- <= 0) throw malformed(`${path}.${place}`, expected);
    left.push({ item: item ?? place, reason: "malformed" });
  };
  const { state, recorded } = node;
  if (state !== "growing" && state !== "sealed" && state !== "given-up")
    throw malformed(`${path}.state`, "growing, sealed or given-up");
  if (typeof recorded !== "boolean") throw malformed(`${path}.recorded`, "true or false");
  const part = record(node.part, `${path}.part`);
  const { counters, places } = parseCounters(array(node.counters, `${path}.counters`), leaveOut);
  const usage = array(node.usage, `${path}.usage`);
  const entries = array(node.entries, `${path}.entries`);
  const changes: NodeChanges = {
    ledger: ledgerId(node.ledger, `${path}.ledger`),
    node: text(node.node, `${path}.node`),
    state,
    recorded,
    replaces: list(node.replaces, `${path}.replaces`, parseReplaced),
    since: count(node.since, `${path}.since`),
    upTo: count(node.upTo, `${path}.upTo`),
    part: {
      sweep: text(part.sweep, `${path}.part.sweep`),
      from: text(part.from, `${path}.part.from`),
      to: part.to === undefined ? undefined : text(part.to, `${path}.part.to`),
    },
    sessions: list(node.sessions, `${path}.sessions`, parseSession),
    counters,
    usage: usage.flatMap((each, at) => parseUsage(each, at, { counters, places }, leaveOut)),
    entries: entries.flatMap((each, at) => parseEntry(each, at, leaveOut)),
  };
  return left.length === 0 ? changes : { ...changes, left };
}

/**
 * Leaves out what is of a wrong shape, under its name or where it stands. Places are written down only then: bodies
 * have tens of thousands of rows.
 *
 * @throws StatsError where too much is.
 */
type LeaveOut = (item: string | undefined, place: string, expected: string) => void;

/** Counters of a node's changes, and where each stands among the good ones; -1 of those that are left out. */
interface ParsedCounters {
  readonly counters: NewCounter[];
  readonly places: readonly number[];
}

function parseCounters(json: readonly unknown[], leaveOut: LeaveOut): ParsedCounters {
  const [counters, places]: [NewCounter[], number[]] = [[], []];
  for (const [at, each] of json.entries()) {
    const { source, name, generation } = wholeCounter(each);
    if (isText(source) && isText(name) && isCount(generation) && generation < 2 ** 31)
      places.push(counters.push({ source, name, generation }) - 1);
    else {
      leaveOut(isText(name) ? name : undefined, `counters[${at}]`, "a source, a name and a generation");
      places.push(-1);
    }
  }
  return { counters, places };
}

function wholeCounter(json: unknown): { readonly [Key in keyof NewCounter]?: unknown } {
  if (typeof json === "string") return { source: "core", name: json, generation: 0 };
  return isRecord(json) ? json : {};
}

function parseUsage(json: unknown, at: number, known: ParsedCounters, leaveOut: LeaveOut): UsageColumns[] {
  const { quarter, counters, bytes }: { readonly [Key in keyof UsageColumns]?: unknown } = isRecord(json) ? json : {};
  const paired = Array.isArray(counters) && Array.isArray(bytes) && counters.length === bytes.length;
  // Before 1970 and after 2089 rows are left out one by one when they are merged.
  if (!paired || !Number.isSafeInteger(quarter)) {
    leaveOut(undefined, `usage[${at}]`, "a quarter, and as many bytes as counters");
    return [];
  }
  const columns = { quarter: quarter as number, counters: [] as number[], bytes: [] as bigint[] };
  for (let row = 0; row < counters.length; row++) {
    const index: unknown = counters[row];
    const place = typeof index === "number" ? known.places[index] : undefined;
    const value: unknown = bytes[row];
    if (place === undefined) leaveOut(undefined, `usage[${at}].counters[${row}]`, "the index of a counter");
    if (place === undefined || place < 0) continue;
    // Beyond an int64, rows are left out one by one when they are merged.
    if (typeof value === "string" && /^\d{1,30}$/.test(value)) {
      columns.counters.push(place);
      columns.bytes.push(BigInt(value));
    } else leaveOut(known.counters[place]?.name, `usage[${at}].bytes[${row}]`, "a decimal string");
  }
  return [columns];
}

function parseEntry(json: unknown, at: number, leaveOut: LeaveOut): ChangedEntry[] {
  const { id, kind, body, ...times }: { readonly [Key in keyof ChangedEntry]?: unknown } = isRecord(json) ? json : {};
  const { at: written, from, to } = times;
  const named = isWord(id) && isWord(kind) && isText(body);
  if (named && isTime(written) && isTime(from) && isTime(to) && from <= to)
    return [{ id, kind, at: written, from, to, body }];
  leaveOut(isWord(id) ? id : undefined, `entries[${at}]`, "an id, a kind, times and a body");
  return [];
}

function parseReplaced(json: unknown, path: string): ReplacedLedger {
  const replaced = record(json, path);
  const seen = record(replaced.seen, `${path}.seen`);
  return {
    ledger: ledgerId(replaced.ledger, `${path}.ledger`),
    revision: count(replaced.revision, `${path}.revision`),
    seen: {
      revision: count(seen.revision, `${path}.seen.revision`),
      sessions: list(seen.sessions, `${path}.seen.sessions`, text),
    },
  };
}

function parseSession(json: unknown, path: string): Session {
  const session = record(json, path);
  return { revision: count(session.revision, `${path}.revision`), id: text(session.id, `${path}.id`) };
}

function record(json: unknown, path: string): Readonly<Record<string, unknown>> {
  if (!isRecord(json)) throw malformed(path, "an object");
  return json;
}

function array(json: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(json)) throw malformed(path, "an array");
  return json;
}

function list<Item>(json: unknown, path: string, parse: (item: unknown, path: string) => Item): Item[] {
  return array(json, path).map((item, at) => parse(item, `${path}[${at}]`));
}

function text(json: unknown, path: string): string {
  if (!isText(json)) throw malformed(path, "a text");
  return json;
}

/** As `randomUUID` gives them, and short enough for an index. */
function ledgerId(json: unknown, path: string): string {
  if (typeof json !== "string" || !/^[\w-]{1,64}$/.test(json)) throw malformed(path, "a ledger's id");
  return json;
}

function count(json: unknown, path: string): number {
  if (!isCount(json)) throw malformed(path, "a whole number, not negative");
  return json;
}

function isRecord(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function isText(json: unknown): json is string {
  return typeof json === "string" && json.isWellFormed();
}

/** A text that PostgreSQL takes into an index: short, and without U+0000. */
function isWord(json: unknown): json is string {
  return isText(json) && json.length <= 200 && !json.includes("\0");
}

function isCount(json: unknown): json is number {
  return Number.isSafeInteger(json) && (json as number) >= 0;
}

function isTime(json: unknown): json is number {
  return Number.isSafeInteger(json) && Math.abs(json as number) <= 8.64e15;
}

function malformed(path: string, expected: string): StatsError {
  return new StatsError("malformed", `not a ledger's changes: ${path} must be ${expected}`, {
    advice: "Pass what JSON.parse gives for the text of JSON.stringify(changesJson(changes)).",
  });
}
