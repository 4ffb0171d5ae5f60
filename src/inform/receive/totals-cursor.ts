import { createHash } from "node:crypto";

/** How far a consumer of totals knows them. */
export interface TotalsCursor {
  /** Tells the ledger and the question from others. */
  readonly asked: string;
  /** When all totals were given last, in seconds since 1970. */
  readonly fullAt: number;
  /** The revision of each node, by its number in the ledger. */
  readonly revisions: ReadonlyMap<number, number>;
}

/** Tells a question to a ledger from all others. */
export function askedOf(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}

/** Writes a cursor, four or five characters for a node, for a URL. */
export function formatTotalsCursor({ asked, fullAt, revisions }: TotalsCursor): string {
  const bytes = [...Buffer.from(asked, "hex")];
  pushNumber(bytes, fullAt);
  let last = 0;
  for (const [node, revision] of [...revisions].sort(([a], [b]) => a - b)) {
    pushNumber(bytes, node - last);
    pushNumber(bytes, revision);
    last = node;
  }
  return Buffer.from(bytes).toString("base64url");
}

/** Reads what {@link formatTotalsCursor} wrote; undefined where it is something else. */
export function parseTotalsCursor(text: string): TotalsCursor | undefined {
  if (!/^[\w-]{12,}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64url");
  const asked = bytes.subarray(0, 8).toString("hex");
  const [fullAt, ...rest] = numbersIn(bytes.subarray(8)) ?? [];
  if (fullAt === undefined || rest.length % 2 !== 0) return undefined;
  const revisions = new Map<number, number>();
  let node = 0;
  for (let at = 0; at < rest.length; at += 2) {
    node += rest[at] as number;
    revisions.set(node, rest[at + 1] as number);
  }
  return { asked, fullAt, revisions };
}

/** Seven bits a byte, the lowest first; beyond 32 bits too. */
function pushNumber(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
}

function numbersIn(bytes: Uint8Array): number[] | undefined {
  const numbers: number[] = [];
  let [value, scale] = [0, 1];
  for (const byte of bytes) {
    value += (byte % 128) * scale;
    scale *= 128;
    if (value > Number.MAX_SAFE_INTEGER) return undefined;
    if (byte >= 128) continue;
    numbers.push(value);
    [value, scale] = [0, 1];
  }
  return scale === 1 ? numbers : undefined;
}
