import { StatsError } from "../../errors/stats-error.ts";
import type { NewCounter, Session, UsageColumns } from "../store.ts";
import type { ChangedEntry, HeldNode, LedgerHeld, NodeChanges, ReplacedLedger, SentChanges } from "./changes.ts";

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
export interface NodeChangesJson extends Omit<NodeChanges, "usage"> {
  /** Absolute bytes by quarter hour, as decimal strings; `counters` are indices into the list of counters. */
  readonly usage: readonly UsageColumnsJson[];
}

/** Bytes of counters in one quarter hour, as plain JSON data. */
export interface UsageColumnsJson extends Omit<UsageColumns, "bytes"> {
  /** How much of each, as decimal strings. */
  readonly bytes: readonly string[];
}

/** Makes JSON data of what one ledger sends to another. */
export function changesJson({ ledger, nodes }: SentChanges): ChangesJson {
  return {
    version: 1,
    ledger,
    nodes: nodes.map((node) => ({
      ...node,
      usage: node.usage.map((columns) => ({ ...columns, bytes: columns.bytes.map(String) })),
    })),
  };
}

/**
 * Reads what {@link changesJson} gave.
 *
 * @throws {@link StatsError} `malformed`, with the path of what is wrong.
 */
export function parseChangesJson(json: unknown): SentChanges {
  const root = record(json, "changes");
  if (root.version !== 1) throw malformed("version", "1");
  return { ledger: ledgerId(root.ledger, "ledger"), nodes: list(root.nodes, "nodes", parseNode) };
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

function parseNode(json: unknown, path: string): NodeChanges {
  const node = record(json, path);
  const counters = list(node.counters, `${path}.counters`, parseCounter);
  const { state, recorded } = node;
  if (state !== "growing" && state !== "sealed" && state !== "given-up")
    throw malformed(`${path}.state`, "growing, sealed or given-up");
  if (typeof recorded !== "boolean") throw malformed(`${path}.recorded`, "true or false");
  const part = record(node.part, `${path}.part`);
  return {
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
    usage: list(node.usage, `${path}.usage`, (each, at) => parseUsage(each, at, counters.length)),
    entries: list(node.entries, `${path}.entries`, parseEntry),
  };
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

function parseCounter(json: unknown, path: string): NewCounter {
  const counter = record(json, path);
  return {
    source: text(counter.source, `${path}.source`),
    name: text(counter.name, `${path}.name`),
    generation: count(counter.generation, `${path}.generation`),
  };
}

function parseUsage(json: unknown, path: string, known: number): UsageColumns {
  const usage = record(json, path);
  const counters = list(usage.counters, `${path}.counters`, count);
  if (counters.some((index) => index >= known)) throw malformed(`${path}.counters`, "indices of counters");
  const bytes = list(usage.bytes, `${path}.bytes`, decimal);
  if (bytes.length !== counters.length) throw malformed(`${path}.bytes`, "as many as counters");
  // Before 1970 and after 2089 rows are left out one by one when they are merged.
  if (!Number.isSafeInteger(usage.quarter)) throw malformed(`${path}.quarter`, "a whole number");
  return { quarter: usage.quarter as number, counters, bytes };
}

function parseEntry(json: unknown, path: string): ChangedEntry {
  const entry = record(json, path);
  const from = time(entry.from, `${path}.from`);
  const to = time(entry.to, `${path}.to`);
  if (from > to) throw malformed(`${path}.to`, "not before from");
  return {
    id: text(entry.id, `${path}.id`),
    kind: text(entry.kind, `${path}.kind`),
    at: time(entry.at, `${path}.at`),
    from,
    to,
    body: text(entry.body, `${path}.body`),
  };
}

function record(json: unknown, path: string): Record<string, unknown> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw malformed(path, "an object");
  return json as Record<string, unknown>;
}

function list<Item>(json: unknown, path: string, parse: (item: unknown, path: string) => Item): Item[] {
  if (!Array.isArray(json)) throw malformed(path, "an array");
  return Array.from(json, (item: unknown, at) => parse(item, `${path}[${at}]`));
}

function text(json: unknown, path: string): string {
  if (typeof json !== "string" || !json.isWellFormed()) throw malformed(path, "a text");
  return json;
}

/** As `randomUUID` gives them, and short enough for an index. */
function ledgerId(json: unknown, path: string): string {
  if (typeof json !== "string" || !/^[\w-]{1,64}$/.test(json)) throw malformed(path, "a ledger's id");
  return json;
}

function count(json: unknown, path: string): number {
  if (!Number.isSafeInteger(json) || (json as number) < 0) throw malformed(path, "a whole number, not negative");
  return json as number;
}

function time(json: unknown, path: string): number {
  if (!Number.isSafeInteger(json) || Math.abs(json as number) > 8.64e15)
    throw malformed(path, "a time in milliseconds");
  return json as number;
}

/** Beyond an int64, rows are left out one by one when they are merged. */
function decimal(json: unknown, path: string): bigint {
  if (typeof json !== "string" || !/^\d{1,30}$/.test(json)) throw malformed(path, "a decimal string");
  return BigInt(json);
}

function malformed(path: string, expected: string): StatsError {
  return new StatsError("malformed", `not a ledger's changes: ${path} must be ${expected}`, {
    advice: "Pass what JSON.parse gives for the text of JSON.stringify(changesJson(changes)).",
  });
}
