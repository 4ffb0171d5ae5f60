import assert from "node:assert/strict";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { QueryStatsRequestSchema } from "../../src/gen/v2ray/core/app/stats/command/command_pb.ts";
import {
  type Counter,
  diffSnapshots,
  isStatsError,
  type NamePattern,
  type ResetSelection,
  type StatsClient,
} from "../../src/index.ts";
import type { CoreKind } from "../support/real-cores.ts";
import { until } from "../support/until.ts";
import { methods, rawCall, renamed } from "./raw-calls.ts";
import { carriers, filledCounters, isOfApi, type Subject, totals } from "./subjects.ts";

/** Something that can be asked of every core. */
export interface Feature {
  /** Also the test's name. */
  readonly feature: string;
  /** Asks; answers with plain data. */
  ask(subject: Subject): Promise<unknown>;
  /** What each core says. */
  readonly want: unknown;
}

/** An answer that is not the same on all four. */
export class ByKind {
  readonly #answers: Readonly<Record<CoreKind, unknown>>;

  constructor(answers: Readonly<Record<CoreKind, unknown>>) {
    this.#answers = answers;
  }

  of(kind: CoreKind): unknown {
    return this.#answers[kind];
  }
}

const v2rayService = "v2ray.core.app.stats.command.StatsService";
const xrayService = "xray.app.stats.command.StatsService";

const users = names("user", ["auser", "buser", "we>>>ird é"]);
const outbounds = names("outbound", ["direct", "power-user"]);
const idle = names("outbound", ["idle"]);
const inbounds = names("inbound", ["vmess-in"]);
const powerUser = names("outbound", ["power-user"]);

function names(scope: string, subjects: readonly string[]): string[] {
  return subjects.flatMap((subject) => ["downlink", "uplink"].map((way) => `${scope}>>>${subject}>>>traffic>>>${way}`));
}

/** V2Ray and Xray list the tags from the start, sing-box from the first connection. */
function everyName(kind: CoreKind): string[] {
  return [...inbounds, ...outbounds, ...(kind === "sing-box" ? [] : idle), ...users].sort();
}

function byKind(make: (kind: CoreKind) => unknown): ByKind {
  return new ByKind({
    v2ray4: make("v2ray4"),
    v2ray5: make("v2ray5"),
    xray: make("xray"),
    "sing-box": make("sing-box"),
  });
}

/** Names, sorted, those of the API's own inbound left out; `"all"` where it is every one, once. */
function shown(kind: CoreKind, counters: readonly { readonly name: string }[]): unknown {
  const sorted = counters
    .map(({ name }) => name)
    .filter((name) => !isOfApi(name))
    .sort();
  return sorted.join() === everyName(kind).join() ? "all" : sorted;
}

function valued(counters: readonly Counter[]): string[] {
  return counters.map(({ name, value }) => `${name}=${value}`).sort();
}

async function failure(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (isStatsError(error)) return error.code;
  assert.ok(error instanceof Error, "it answered");
  return error.name;
}

async function queryRaw(
  { kind, client }: Subject,
  request: MessageInitShape<typeof QueryStatsRequestSchema>,
): Promise<unknown> {
  const result = await rawCall(client.address, methods.queryStats, request);
  return "answer" in result ? shown(kind, result.answer.stat) : result;
}

function query(feature: string, pattern: NamePattern, want: unknown): Feature {
  return { feature, ask: async ({ kind, client }) => shown(kind, await client.query({ pattern })), want };
}

function raw(feature: string, request: MessageInitShape<typeof QueryStatsRequestSchema>, want: unknown): Feature {
  return { feature: `raw QueryStats: ${feature}`, ask: (subject) => queryRaw(subject, request), want };
}

/** Which of the counters that held something hold nothing after. */
async function zeroedBy(subject: Subject, act: () => Promise<unknown>): Promise<unknown> {
  await subject.fill();
  const before = await totals(subject.client);
  await act();
  const after = await totals(subject.client);
  const zeroed: string[] = [];
  for (const [name, value] of before) {
    if (value === 0n) continue;
    const now = after.get(name);
    if (now === 0n) zeroed.push(name);
    else assert.equal(now, value, `${name} is neither zero nor what it was`);
  }
  assert.equal(after.size, before.size);
  const held = [...before].filter(([, value]) => value > 0n);
  return zeroed.length === held.length ? "all" : zeroed.sort();
}

function rawReset(feature: string, request: MessageInitShape<typeof QueryStatsRequestSchema>, want: unknown): Feature {
  return {
    feature: `raw QueryStats with reset: ${feature}`,
    ask: (subject) => zeroedBy(subject, () => queryRaw(subject, { ...request, reset: true })),
    want,
  };
}

function reset(feature: string, selection: ResetSelection, want: unknown): Feature {
  return {
    feature: `resetCounters ${feature}`,
    async ask(subject) {
      let returned: Counter[] = [];
      let before = new Map<string, bigint>();
      const zeroed = await zeroedBy(subject, async () => {
        before = await totals(subject.client);
        returned = await subject.client.resetCounters(selection);
      });
      for (const { name, value } of returned) {
        if (!isOfApi(name)) assert.equal(value, before.get(name), `${name} was given back as it was`);
      }
      const gone = returned.filter(({ name, value }) => value > 0n && !isOfApi(name)).map(({ name }) => name);
      if (zeroed !== "all") assert.deepEqual(gone.sort(), zeroed, "what it says is what it did");
      return zeroed;
    },
    want,
  };
}

/** The rows, in this order: the first ones see the first filling, later ones add to it. */
export const features: readonly Feature[] = [
  {
    feature: "detect",
    ask: ({ client }) => client.detect(),
    want: byKind((kind) => {
      const online = kind === "xray";
      return { kind, capabilities: { stats: true, onlineUsers: online, onlineIps: online } };
    }),
  },
  {
    feature: "query: every counter, with its value",
    async ask({ client }) {
      const counters = [...(await totals(client))].map(([name, value]) => ({ name, value }));
      const [mine, others] = [counters.filter(isInbound), counters.filter((counter) => !isInbound(counter))];
      return [...mine.map(({ name, value }) => `${name}${value > 0n ? ">0" : "=0"}`).sort(), ...valued(others)];
    },
    want: byKind((kind) => {
      const idleCounters = kind === "sing-box" ? [] : idle.map((name) => ({ name, value: 0n }));
      const filled = Array.from(filledCounters(), ([name, value]) => ({ name, value }));
      return [...inbounds.map((name) => `${name}>0`), ...valued([...filled, ...idleCounters])];
    }),
  },
  {
    feature: "get: found, at zero, in other case, not there",
    async ask({ client }) {
      const asked = [
        ...names("user", ["we>>>ird é"]),
        ...idle,
        "USER>>>auser>>>traffic>>>uplink",
        "user>>>auser",
        "user>>>quiet>>>traffic>>>uplink",
        "user>>>auser>>>online",
        "ünknown % name",
        "ends with a blank ",
      ];
      const answers = await Promise.all(asked.map((name) => client.get(name)));
      return answers.map((counter) => counter && `${counter.name}=${counter.value}`);
    },
    want: byKind((kind) => [
      "user>>>we>>>ird é>>>traffic>>>downlink=2118",
      "user>>>we>>>ird é>>>traffic>>>uplink=87",
      ...(kind === "sing-box" ? [undefined, undefined] : idle.map((name) => `${name}=0`)),
      ...Array<undefined>(6).fill(undefined),
    ]),
  },
  {
    feature: "get of a name that begins with a blank: sing-box's error loses its text on the way",
    ask: ({ client }) => client.get(" a").catch(({ code, status }) => ({ code, status })),
    want: byKind((kind) => (kind === "sing-box" ? { code: "rpc", status: 2 } : undefined)),
  },
  {
    feature: "names: subjects are whole",
    async ask({ client }) {
      const snapshot = await client.snapshot();
      const subjects = [...snapshot.users(), ...snapshot.outbounds(), ...snapshot.inbounds()];
      return subjects
        .filter(({ subject }) => subject !== "api-in")
        .map(({ scope, subject, total }) => `${scope} ${subject}${scope === "inbound" ? "" : ` ${total}`}`)
        .sort();
    },
    want: byKind((kind) => [
      "inbound vmess-in",
      "outbound direct 3410",
      ...(kind === "sing-box" ? [] : ["outbound idle 0"]),
      "outbound power-user 3205",
      "user auser 1205",
      "user buser 3205",
      "user we>>>ird é 2205",
    ]),
  },

  query("query: one text", "auser", names("user", ["auser"])),
  query("query: a scope is only text", "user>>>", [...powerUser, ...users].sort()),
  query(
    "query: several texts, overlapping",
    ["auser", "user>>>auser", ">>>ird"],
    names("user", ["auser", "we>>>ird é"]),
  ),
  query(
    "query: an expression",
    /^user>>>.*downlink$/,
    users.filter((name) => name.endsWith("downlink")),
  ),
  query("query: an expression with flags", /^USER>>>A/gi, names("user", ["auser"])),
  query("query: empty texts mean all", "", "all"),
  query("query: an empty text among others means all", ["", "auser"], "all"),
  query("query: no text means none", [], []),
  query("query: case counts", "USER", []),
  query("query: a text is no expression", "^user", []),
  query("query: nothing matches", "nobody", []),

  raw("nothing", {}, "all"),
  raw(
    "`pattern` alone, ignored by sing-box",
    { pattern: "auser" },
    byKind((kind) => (kind === "sing-box" ? "all" : names("user", ["auser"]))),
  ),
  raw(
    "`patterns` alone, ignored by V2Ray 4 and Xray",
    { patterns: ["auser"] },
    byKind((kind) => (ignoresPatterns(kind) ? "all" : names("user", ["auser"]))),
  ),
  raw(
    "`pattern` and other `patterns`",
    { pattern: "auser", patterns: ["buser"] },
    new ByKind({
      v2ray4: names("user", ["auser"]),
      v2ray5: names("user", ["auser", "buser"]),
      xray: names("user", ["auser"]),
      "sing-box": names("user", ["buser"]),
    }),
  ),
  raw("the same text in both: right on all", { pattern: "auser", patterns: ["auser"] }, names("user", ["auser"])),
  raw(
    "overlapping `patterns`, twice on sing-box",
    { patterns: ["auser", "user>>>auser"] },
    new ByKind({
      v2ray4: "all",
      v2ray5: names("user", ["auser"]),
      xray: "all",
      "sing-box": names("user", ["auser"]).flatMap((name) => [name, name]),
    }),
  ),
  raw(
    "`regexp` with `pattern`",
    { pattern: "^user>>>a", regexp: true },
    new ByKind({ v2ray4: [], v2ray5: names("user", ["auser"]), xray: [], "sing-box": "all" }),
  ),
  raw(
    "`regexp` with `patterns`",
    { patterns: ["^user>>>a"], regexp: true },
    byKind((kind) => (ignoresPatterns(kind) ? "all" : names("user", ["auser"]))),
  ),
  raw("`regexp` with an empty text in `patterns`", { patterns: [""], regexp: true }, "all"),
  raw(
    "a bad expression in `patterns`",
    { patterns: ["("], regexp: true },
    byKind((kind) =>
      ignoresPatterns(kind) ? "all" : { code: 2, text: "error parsing regexp: missing closing ): `(`" },
    ),
  ),

  {
    feature: "raw: an unknown counter, with and without reset",
    async ask({ client }) {
      const asked = ["nothing", "a>>>é", ""];
      return [
        ...(await Promise.all(asked.map((name) => rawCall(client.address, methods.getStats, { name })))),
        await rawCall(client.address, methods.getStats, { name: "nothing", reset: true }),
      ];
    },
    want: byKind((kind) => {
      const code = kind === "xray" ? 5 : 2;
      const prefix = { v2ray4: "v2ray.com/core/app/stats/command: ", v2ray5: "app/stats/command: " };
      const start = kind === "v2ray4" || kind === "v2ray5" ? prefix[kind] : "";
      const texts = ["nothing not found.", "a>>>é not found.", " not found.", "nothing not found."];
      // HTTP/2 libraries drop a header that begins with a blank.
      return texts.map((text) => ({ code, text: start === "" && text.startsWith(" ") ? "" : `${start}${text}` }));
    }),
  },
  {
    feature: "raw: unknown services and methods, and Xray's own",
    async ask({ client: { address } }) {
      const { getStats, getSysStats, getStatsOnline, getAllOnlineUsers } = methods;
      const asked = [
        renamed(getStats, v2rayService, "GetUsersStats"),
        renamed(getStats, "a.b.StatsService"),
        renamed(getSysStats, xrayService),
        renamed(getAllOnlineUsers, v2rayService),
        renamed(getAllOnlineUsers, xrayService),
        renamed(getStatsOnline, v2rayService),
      ];
      const answers = await Promise.all(
        asked.map((method) => rawCall(address, method as typeof getStats, { name: "a" })),
      );
      return answers.map((answer) => ("answer" in answer ? "served" : answer));
    },
    want: byKind((kind) => {
      const notServed = (text: string): unknown => ({ code: 12, text });
      const xrayOnly = (text: string, answer: unknown): unknown => (kind === "xray" ? answer : notServed(text));
      const noMethod = (method: string): string => `unknown method ${method} for service ${v2rayService}`;
      return [
        notServed(noMethod("GetUsersStats")),
        notServed("unknown service a.b.StatsService"),
        xrayOnly(`unknown service ${xrayService}`, "served"),
        xrayOnly(noMethod("GetAllOnlineUsers"), "served"),
        xrayOnly(`unknown service ${xrayService}`, "served"),
        xrayOnly(noMethod("GetStatsOnline"), { code: 5, text: "a not found." }),
      ];
    }),
  },

  {
    feature: "online: who is connected, from where, and offline after",
    ask: askOnline,
    want: byKind((kind) => {
      if (kind !== "xray") return ["unsupported", "unsupported"];
      return [
        { users: ["auser"], ips: ["127.0.0.2"], quiet: [], count: 1n, maps: ["user>>>auser>>>online"] },
        { users: [], ips: [], quiet: { code: 5, text: "user>>>quiet>>>online not found." }, count: 0n, maps: [] },
      ];
    }),
  },
  {
    feature: "sysStats: every figure, and they grow",
    async ask({ client }) {
      const earlier = await client.sysStats();
      for (let call = 0; call < 20; call++) await client.query();
      const later = await client.sysStats();
      for (const grows of ["totalAllocBytes", "mallocs"] as const) assert.ok(later[grows] > earlier[grows], grows);
      assert.ok(later.uptimeSeconds >= earlier.uptimeSeconds && later.uptimeSeconds < 600);
      assert.equal(later.mallocs - later.frees, later.liveObjects);
      return Object.entries(later).map(([figure, value]) => {
        const positive = ["uptimeSeconds", "gcCycles", "pauseTotalNs", "frees"].includes(figure)
          ? value >= 0
          : value > 0;
        return `${figure}: ${typeof value} ${positive ? "fine" : value}`;
      });
    },
    want: [
      "goroutines: number fine",
      "gcCycles: number fine",
      "allocBytes: bigint fine",
      "totalAllocBytes: bigint fine",
      "sysBytes: bigint fine",
      "mallocs: bigint fine",
      "frees: bigint fine",
      "liveObjects: bigint fine",
      "pauseTotalNs: bigint fine",
      "uptimeSeconds: number fine",
    ],
  },
  {
    feature: "order: differs from call to call, and makes no difference",
    async ask({ client }) {
      const orders = new Set<string>();
      const contents = new Set<string>();
      for (let call = 0; call < 40; call++) {
        const result = await rawCall(client.address, methods.queryStats, {});
        assert.ok("answer" in result);
        orders.add(result.answer.stat.map(({ name }) => name).join());
        contents.add(valued([...(await totals(client))].map(([name, value]) => ({ name, value }))).join());
      }
      return { orders: orders.size > 1 ? "several" : "one", contents: contents.size };
    },
    want: { orders: "several", contents: 1 },
  },

  rawReset(
    "`pattern` alone zeroes all on sing-box",
    { pattern: "auser" },
    byKind((kind) => (kind === "sing-box" ? "all" : names("user", ["auser"]))),
  ),
  rawReset(
    "`patterns` alone zeroes all on V2Ray 4 and Xray",
    { patterns: ["auser"] },
    byKind((kind) => (ignoresPatterns(kind) ? "all" : names("user", ["auser"]))),
  ),
  rawReset(
    "`regexp` zeroes all where it is ignored",
    { patterns: ["^user>>>a"], regexp: true },
    byKind((kind) => (ignoresPatterns(kind) ? "all" : names("user", ["auser"]))),
  ),
  rawReset(
    "a scope as `pattern` hits a tag that ends like it",
    { pattern: "user>>>", patterns: ["user>>>"] },
    [...powerUser, ...users].sort(),
  ),
  {
    feature: "raw QueryStats with reset: what a counter that is listed twice holds",
    async ask(subject) {
      await subject.fill();
      const name = "user>>>auser>>>traffic>>>downlink";
      const held = (await totals(subject.client)).get(name);
      const request = {
        pattern: "auser>>>traffic>>>downlink",
        patterns: ["auser>>>traffic>>>downlink", name],
        reset: true,
      };
      const result = await rawCall(subject.client.address, methods.queryStats, request);
      assert.ok("answer" in result);
      return result.answer.stat
        .filter((stat) => stat.name === name)
        .map(({ value }) => (value === held ? "all" : value));
    },
    want: byKind((kind) => (kind === "sing-box" ? ["all", 0n] : ["all"])),
  },
  {
    feature: "raw GetStats with reset: the old value once, then zero",
    async ask(subject) {
      await subject.fill();
      const name = "user>>>buser>>>traffic>>>downlink";
      const held = (await totals(subject.client)).get(name);
      const calls = [true, true, false].map(
        (reset) => () => rawCall(subject.client.address, methods.getStats, { name, reset }),
      );
      const values: unknown[] = [];
      for (const call of calls) {
        const result = await call();
        values.push(
          "answer" in result ? (result.answer.stat?.value === held ? "all" : result.answer.stat?.value) : result,
        );
      }
      return values;
    },
    want: ["all", 0n, 0n],
  },

  reset('{ pattern: "user>>>" }: users alone, not the outbound "power-user"', { pattern: "user>>>" }, users),
  reset('{ pattern: "outbound>>>" }', { pattern: "outbound>>>" }, outbounds),
  reset("{ pattern } inside a scope", { pattern: "user>>>a" }, names("user", ["auser"])),
  reset("{ pattern } elsewhere in the name", { pattern: "power" }, powerUser),
  reset(
    "{ pattern: [overlapping] }",
    { pattern: ["auser", "user>>>auser", "ird"] },
    names("user", ["auser", "we>>>ird é"]),
  ),
  reset(
    "{ pattern: expression }",
    { pattern: /^user>>>.*>>>uplink$/ },
    users.filter((name) => name.endsWith("uplink")),
  ),
  reset(
    "{ names }, with >>>, twice, and unknown ones",
    { names: [...names("user", ["we>>>ird é"]), "nothing", ...names("user", ["we>>>ird é"])] },
    names("user", ["we>>>ird é"]),
  ),
  reset("{ names: unknown } does nothing", { names: ["nothing", "user>>>"] }, []),
  reset("{ names: [] } does nothing", { names: [] }, []),
  reset("{ all: true }", { all: true }, "all"),
  {
    feature: "resetCounters refuses what would zero all unsaid, before anything is sent",
    async ask(subject) {
      const wrong: ResetSelection[] = [
        { pattern: "" },
        { pattern: [] },
        { pattern: ["a", ""] },
        { names: ["auser", ""] },
        { names: ["\ud800"] },
      ];
      const refusals: unknown[] = [];
      const zeroed = await zeroedBy(subject, async () => {
        for (const selection of wrong) refusals.push(await failure(subject.client.resetCounters(selection)));
      });
      return [zeroed, refusals];
    },
    want: [[], Array(5).fill("TypeError")],
  },

  {
    feature: "a restart on the same port: new totals in full, and a gap",
    async ask(subject) {
      await subject.fill();
      // An old process has worked more than a new one.
      for (let call = 0; call < 300; call++) await subject.client.query();
      const before = await subject.client.snapshot();
      await subject.restart();
      await subject.fill();
      const after = await subject.client.snapshot();
      const delta = diffSnapshots(before, after);
      const moved = delta.counters().filter(({ name }) => !isOfApi(name));
      for (const { name, bytes, value } of moved) assert.equal(bytes, value, name);
      const [gap, ...more] = delta.gaps;
      assert.ok(gap && more.length === 0);
      return {
        state: delta.state,
        moved: valued(
          moved.filter((counter) => !isInbound(counter)).map(({ name, bytes }) => ({ name, value: bytes })),
        ),
        cause: gap.cause,
        bound: gap.bound,
        from: gap.from && "the earlier reading",
      };
    },
    want: byKind((kind) => ({
      state: "restarted",
      moved: valued(Array.from(filledCounters(), ([name, value]) => ({ name, value }))),
      cause: "core-restart",
      bound: "unknown",
      // Bytes of connections that Xray had not booked yet are lost, too.
      from: kind === "xray" ? undefined : "the earlier reading",
    })),
  },
];

function ignoresPatterns(kind: CoreKind): boolean {
  return kind === "v2ray4" || kind === "xray";
}

function isInbound({ name }: { readonly name: string }): boolean {
  return name.startsWith("inbound>>>");
}

async function askOnline(subject: Subject): Promise<unknown> {
  const { kind, client } = subject;
  if (kind !== "xray") return [await failure(client.onlineUsers()), await failure(client.onlineIps("auser"))];
  const seen = async (): Promise<{ users: string[]; ips: string[] }> => ({
    users: await client.onlineUsers(),
    ips: (await client.onlineIps("auser")).map(({ ip }) => ip),
  });
  const started = Date.now();
  const connection = await subject.connectUser("auser");
  await until(async () => (await client.onlineUsers()).length > 0);
  const [entry] = await client.onlineIps("auser");
  const ageMs = Date.now() - (entry?.connectedAt.getTime() ?? 0);
  assert.ok(ageMs > -1000 && ageMs < Date.now() - started + 2000, `connected ${ageMs} ms ago`);
  const during = { ...(await seen()), quiet: await client.onlineIps("quiet"), ...(await rawOnline(client, "auser")) };
  await connection[Symbol.asyncDispose]();
  await until(async () => (await client.onlineUsers()).length === 0);
  const quiet = await rawCall(client.address, methods.getStatsOnline, { name: "user>>>quiet>>>online" });
  return [during, { ...(await seen()), quiet, ...(await rawOnline(client, "auser")) }];
}

async function rawOnline({ address }: StatsClient, email: string): Promise<{ count: unknown; maps: unknown }> {
  const count = await rawCall(address, methods.getStatsOnline, { name: `user>>>${email}>>>online` });
  const maps = await rawCall(address, methods.getAllOnlineUsers, {});
  return {
    count: "answer" in count ? count.answer.stat?.value : count,
    maps: "answer" in maps ? maps.answer.users : maps,
  };
}
void carriers;
