import { checkStatsConfig } from "../src/config/check/check-stats-config.ts";
import { enableStats } from "../src/config/enable/enable-stats.ts";
import { explainCounter } from "../src/config/explain/explain-counter.ts";
import { figure, median, printTable } from "./table.ts";

// Checking, enabling and explaining a large Xray configuration, as multiples of JSON.parse on the same text.

const goals = { check: 12, enable: 15, explain: 15 };
const rounds = 9;

/** A server's configuration of some 190 bytes for each user, strict JSON, statistics not yet enabled for level 1. */
function configText(users: number): string {
  const clients = Array.from({ length: users }, (_, index) => ({
    id: `e731f153-4f31-49d3-9e8f-${index.toString(16).padStart(12, "0")}`,
    email: `user-${String(index).padStart(6, "0")}@example.com`,
    level: index % 2,
    flow: "xtls-rprx-vision",
  }));
  const config = {
    log: { loglevel: "warning" },
    stats: {},
    policy: { levels: { 0: { statsUserUplink: true, statsUserDownlink: true } } },
    inbounds: [
      { tag: "vless-in", listen: "127.0.0.1", port: 443, protocol: "vless", settings: { clients, decryption: "none" } },
    ],
    outbounds: [{ tag: "direct", protocol: "freedom" }],
  };
  return JSON.stringify(config, null, 2);
}

function timed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

const core = "xray";
const rows: string[][] = [];
const parseMs = new Map<number, number>();
const checkMs = new Map<number, number>();
for (const users of [5_000, 50_000, 500_000]) {
  const text = configText(users);
  const name = `user>>>user-${String(users - 1).padStart(6, "0")}@example.com>>>traffic>>>uplink`;
  const works = {
    parse: () => JSON.parse(text),
    check: () => checkStatsConfig(text, { core }),
    enable: () => enableStats(text, { core }),
    explain: () => explainCounter(text, name, { core }),
  };
  const times = { parse: [] as number[], check: [] as number[], enable: [] as number[], explain: [] as number[] };
  const names = Object.keys(works) as (keyof typeof works)[];
  for (let round = 0; round < rounds; round++) for (const each of names) times[each].push(timed(works[each]));
  // The first round is the compiler's.
  const medians = Object.fromEntries(names.map((each) => [each, median(times[each].slice(1))])) as Record<
    keyof typeof works,
    number
  >;
  parseMs.set(users, medians.parse);
  checkMs.set(users, medians.check);
  const label = `${(text.length / 1e6).toFixed(1)} MB, ${users / 1000}k users`;
  rows.push([
    label,
    ...names.map((each) => figure(medians[each])),
    ...names.slice(1).map((each) => figure(medians[each] / medians.parse)),
  ]);
}
printTable(
  `Medians of ${rounds - 1} interleaved rounds in ms; × are multiples of JSON.parse`,
  ["Xray, JSON", "JSON.parse", "check", "enable", "explain", "check ×", "enable ×", "explain ×"],
  rows,
);
console.log(`\nGoals: check at most ${goals.check} ×, enable ${goals.enable} ×, linear in size.`);
const growth = (checkMs.get(500_000) as number) / (checkMs.get(5_000) as number);
console.log(`check: 100 times the size takes ${figure(growth)} times as long.`);
