import assert from "node:assert/strict";
import type { ResetSelection } from "../../src/index.ts";
import type { CoreKind } from "../support/real-cores.ts";
import { auser, type Feature, ignoresPatterns, outbounds, powerUser, users, weird } from "./feature.ts";
import { queryRaw, type RawQuery } from "./query-features.ts";
import { methods, rawCall } from "./raw-calls.ts";
import { isOfApi, type Subject, totals } from "./subjects.ts";

/** Which of the counters that held something hold nothing after `act`; every other must be as it was. */
async function zeroedBy(subject: Subject, act: (held: ReadonlyMap<string, bigint>) => Promise<void>): Promise<unknown> {
  await subject.fill();
  const before = await totals(subject.client);
  const held = new Map([...before].filter(([, value]) => value > 0n));
  await act(held);
  const after = await totals(subject.client);
  assert.equal(after.size, before.size);
  const zeroed = [...held.keys()].filter((name) => after.get(name) === 0n);
  for (const [name, value] of held) {
    if (!zeroed.includes(name)) assert.equal(after.get(name), value, `${name} is neither zero nor what it was`);
  }
  return zeroed.length === held.size ? "all" : zeroed.sort();
}

function rawReset(feature: string, request: RawQuery, want: (kind: CoreKind) => unknown): Feature {
  return {
    feature: `raw QueryStats with reset: ${feature}`,
    ask: (subject) => zeroedBy(subject, async () => void (await queryRaw(subject, { ...request, reset: true }))),
    want,
  };
}

function reset(feature: string, selection: ResetSelection, want: unknown): Feature {
  return {
    feature: `resetCounters: ${feature}`,
    async ask(subject) {
      const { client } = subject;
      const given = new Map<string, bigint>();
      let held: ReadonlyMap<string, bigint> = given;
      const zeroed = await zeroedBy(subject, async (before) => {
        held = before;
        for (const { name, value } of await client.resetCounters(selection)) {
          if (value > 0n && !isOfApi(name)) given.set(name, value);
        }
      });
      const names = zeroed === "all" ? [...held.keys()].sort() : zeroed;
      assert.deepEqual([...given.keys()].sort(), names, "it gives back what it zeroed");
      for (const [name, value] of given) assert.equal(value, held.get(name), name);
      return zeroed;
    },
    want: () => want,
  };
}

const downlink = "user>>>auser>>>traffic>>>downlink";

/** What a reset zeroes: more than asked with raw calls, exactly what is asked with ours. */
export const resetFeatures: readonly Feature[] = [
  rawReset("`pattern` alone zeroes all on sing-box", { pattern: "auser" }, (kind) =>
    kind === "sing-box" ? "all" : auser,
  ),
  rawReset("`patterns` alone zeroes all on V2Ray 4 and Xray", { patterns: ["auser"] }, (kind) =>
    ignoresPatterns(kind) ? "all" : auser,
  ),
  rawReset("`regexp` zeroes all there, too", { patterns: ["^user>>>a"], regexp: true }, (kind) =>
    ignoresPatterns(kind) ? "all" : auser,
  ),
  rawReset("a scope hits a tag that ends like it", { pattern: "user>>>", patterns: ["user>>>"] }, () =>
    [...powerUser, ...users].sort(),
  ),
  {
    feature: "raw QueryStats with reset: a counter that is listed twice holds nothing the second time",
    async ask(subject) {
      await subject.fill();
      const held = (await totals(subject.client)).get(downlink);
      const request = { pattern: downlink, patterns: [downlink, "auser>>>traffic>>>downlink"], reset: true };
      const result = await rawCall(subject.client.address, methods.queryStats, request);
      assert.ok("answer" in result);
      const values = result.answer.stat.filter(({ name }) => name === downlink).map(({ value }) => value);
      return values.map((value) => (value === held ? "all" : value));
    },
    want: (kind) => (kind === "sing-box" ? ["all", 0n] : ["all"]),
  },
  {
    feature: "raw GetStats with reset: the old value once, then zero",
    async ask(subject) {
      await subject.fill();
      const held = (await totals(subject.client)).get(downlink);
      const values: unknown[] = [];
      for (const reset of [true, true, false]) {
        const result = await rawCall(subject.client.address, methods.getStats, { name: downlink, reset });
        const value = "answer" in result ? result.answer.stat?.value : result;
        values.push(value === held ? "all" : value);
      }
      return values;
    },
    want: () => ["all", 0n, 0n],
  },

  reset('"user>>>" means users, not the outbound "power-user"', { pattern: "user>>>" }, [...users].sort()),
  reset('"outbound>>>" means outbounds', { pattern: "outbound>>>" }, [...outbounds].sort()),
  reset("the beginning of a user's name", { pattern: "user>>>a" }, auser),
  reset("a text inside the name", { pattern: "power" }, powerUser),
  reset("several texts, overlapping", { pattern: ["auser", "user>>>auser", "ird"] }, [...auser, ...weird]),
  reset("an expression", { pattern: /^user>>>.*uplink$/ }, users.filter((name) => name.endsWith("uplink")).sort()),
  reset("names, with >>>, twice, and unknown ones", { names: [...weird, "nothing", ...weird] }, weird),
  reset("unknown names alone", { names: ["nothing", "user>>>"] }, []),
  reset("no names", { names: [] }, []),
  reset("all", { all: true }, "all"),
  {
    feature: "resetCounters: refuses what would zero all without saying so",
    async ask(subject) {
      const patterns = ["", [], ["auser", ""]].map((pattern) => ({ pattern }));
      const names = [["auser", ""], ["\ud800"]].map((names) => ({ names }));
      return zeroedBy(subject, async () => {
        for (const selection of [...patterns, ...names]) {
          await assert.rejects(subject.client.resetCounters(selection), TypeError);
        }
      });
    },
    want: () => [],
  },
];
