import { exactBytes } from "../exact-sums.ts";
import type { CounterChoice, CounterSums, NodeChoice, PackedDay, PackedParts, SummedRows } from "../store.ts";
import { listOf, type Session } from "./session.ts";

/** Where rows are summed, what of them, and the times at which a node has some. */
const summed = {
  quarters: { table: "usage", bytes: "bytes", at: "quarter", times: timesOf("touched", "quarter") },
  days: { table: "packed", bytes: "total", at: "day", times: timesOf("packed_day", "day") },
  months: {
    table: "packed_month",
    bytes: "total",
    at: "month",
    times: "SELECT generate_series($1::int, $2::int - 1) AS month",
  },
} as const satisfies Record<SummedRows["of"], { table: string; bytes: string; at: string; times: string }>;

/** Packed days, of which each has up to a thousand bytes. */
const packedPerText = 2 ** 17;

/** Gives sums of counters. */
export async function readSums(
  session: Session,
  choice: CounterChoice,
  { of, from, to }: SummedRows,
  take: (sums: CounterSums) => void,
): Promise<void> {
  const { table, bytes, at, times } = summed[of];
  const [select, ...values] =
    "counters" in choice
      ? [
          // Only where there are rows: of a range in the past most quarters are packed.
          `SELECT kept.node, counter, sum(${bytes}) AS bytes FROM (${times}) AS time
           CROSS JOIN unnest($4::text::int[]) AS chosen (counter)
           JOIN @.${table} AS kept USING (${at}, counter) WHERE kept.node = $3 GROUP BY kept.node, counter`,
          choice.node,
          listOf(choice.counters),
        ]
      : [
          // Of one time a counter has one row.
          `SELECT node, counter, ${to - from === 1 ? bytes : `sum(${bytes})`} AS bytes FROM @.${table}
           WHERE node = ANY(${chosenNodes(choice, "$3")}) AND ${at} >= $1::bigint AND ${at} < $2::bigint
           ${to - from === 1 ? "" : "GROUP BY node, counter"}`,
          nodeList(choice),
        ];
  const [nodes, counters, sums] = (await session.columns(
    ["node", "counter", `CASE WHEN bytes < ${2 ** 53} THEN bytes::text ELSE '"' || bytes || '"' END`],
    select,
    [from, to, ...values],
  )) as [number[], number[], (number | string)[]];
  take({ nodes, counters, bytes: exactBytes(sums) });
}

/** The quarters of packed rows of one day. */
export async function readPackedParts(session: Session, choice: CounterChoice, day: number): Promise<PackedParts> {
  const [chosen, ...values] =
    "counters" in choice
      ? [`SELECT * FROM ${packedOf("$1", "$5", "$6")} WHERE true`, choice.node, listOf(choice.counters)]
      : [`SELECT * FROM @.packed WHERE day = $1 AND node = ANY(${chosenNodes(choice, "$5")})`, nodeList(choice)];
  const found = { nodes: [] as number[], counters: [] as number[], lengths: [] as number[] };
  const texts: Buffer[] = [];
  for (;;) {
    const [nodes, counters, lengths, parts] = (await session.columns(
      ["node", "counter", "length(parts)"],
      `${chosen} AND (node, counter) > ($2::int, $3::int) ORDER BY node, counter LIMIT $4`,
      [day, found.nodes.at(-1) ?? 0, found.counters.at(-1) ?? 0, packedPerText, ...values],
      "encode(string_agg(parts, ''), 'hex')",
    )) as [number[], number[], number[], string | null];
    for (const [at, node] of nodes.entries()) {
      found.nodes.push(node);
      found.counters.push(counters[at] as number);
      found.lengths.push(lengths[at] as number);
    }
    texts.push(Buffer.from(parts ?? "", "hex"));
    if (nodes.length < packedPerText) return { ...found, parts: Buffer.concat(texts) };
  }
}

/** Packed rows of one day, by node and counter. */
export async function readPacked(
  session: Session,
  choice: CounterChoice,
  day: number,
): Promise<readonly (PackedDay & { readonly node: number })[]> {
  const columns = "node, counter, total::text AS total, encode(parts, 'hex') AS parts, revision";
  const rows =
    "counters" in choice
      ? await session.query(
          `SELECT ${columns} FROM ${packedOf("$1", "$2", "$3")} ORDER BY counter`,
          day,
          choice.node,
          listOf(choice.counters),
        )
      : await session.query(
          `SELECT ${columns} FROM @.packed WHERE node = ANY(${chosenNodes(choice, "$2")}) AND day = $1
           ORDER BY node, counter`,
          day,
          nodeList(choice),
        );
  return rows.map(({ node, counter, total, parts, revision }) => ({
    node: Number(node),
    counter: Number(counter),
    total: BigInt(total as string),
    parts: Buffer.from(parts as string, "hex"),
    revision: Number(revision),
  }));
}

function timesOf(table: string, at: string): string {
  return `SELECT ${at} FROM @.${table} WHERE node = $3 AND ${at} >= $1::bigint AND ${at} < $2::bigint`;
}

/** Nodes as an array, so that the index on nodes and times is used. */
function chosenNodes({ nodes }: NodeChoice, parameter: string): string {
  return nodes === "all"
    ? `ARRAY(SELECT node FROM @.node WHERE ${parameter}::text IS NULL)`
    : `${parameter}::text::int[]`;
}

function nodeList({ nodes }: NodeChoice): string | null {
  return nodes === "all" ? null : listOf(nodes);
}

/** Packed rows of some counters, each by the index: the planner takes a few counters for a share of the table. */
function packedOf(day: string, node: string, counters: string): string {
  return `unnest(${counters}::text::int[]) AS chosen (id) CROSS JOIN LATERAL (
    SELECT * FROM @.packed AS kept WHERE kept.node = ${node} AND kept.day = ${day} AND kept.counter = chosen.id
    OFFSET 0) AS found`;
}
