import assert from "node:assert/strict";
import { isStatsError, type StatsClient } from "../../src/index.ts";
import { until } from "../support/until.ts";
import { type Feature, idle, inbounds, valued, weird } from "./feature.ts";
import { methods, rawCall, renamed, v2rayService, xrayService } from "./raw-calls.ts";
import { filledCounters, type Subject, totals } from "./subjects.ts";

const notFoundPrefix = { v2ray4: "v2ray.com/core/app/stats/command: ", v2ray5: "app/stats/command: ", xray: "" };

/** Who answers, with which counters, errors and figures. They must see the first filling. */
export const coreFeatures: readonly Feature[] = [
  {
    feature: "detect",
    ask: ({ client }) => client.detect(),
    want(kind) {
      const online = kind === "xray";
      return { kind, capabilities: { stats: true, onlineUsers: online, onlineIps: online } };
    },
  },
  {
    feature: "query: every counter, with its value",
    async ask({ client }) {
      const counters = [...(await totals(client))];
      const mine = counters.filter(([name]) => inbounds.includes(name));
      const others = counters.filter(([name]) => !inbounds.includes(name));
      return [...mine.map(([name, value]) => `${name}${value > 0n ? ">0" : "=0"}`).sort(), ...valued(others)];
    },
    want: (kind) => [
      ...inbounds.map((name) => `${name}>0`),
      ...valued([...filledCounters(), ...idle(kind).map((name) => [name, 0n] as const)]),
    ],
  },
  {
    feature: "get: found, at zero, in other case, not there",
    async ask({ client }) {
      const strange = ["USER>>>auser>>>traffic>>>uplink", "user>>>auser", "ünknown % name", "ends with a blank "];
      const absent = ["user>>>quiet>>>traffic>>>uplink", "user>>>auser>>>online"];
      const asked = [...weird, ...idle("xray"), ...strange, ...absent];
      const answers = await Promise.all(asked.map((name) => client.get(name)));
      return answers.map((counter) => counter && `${counter.name}=${counter.value}`);
    },
    want: (kind) => [
      "user>>>we>>>ird é>>>traffic>>>downlink=2118",
      "user>>>we>>>ird é>>>traffic>>>uplink=87",
      ...(kind === "sing-box" ? [undefined, undefined] : idle(kind).map((name) => `${name}=0`)),
      ...new Array(6).fill(undefined),
    ],
  },
  {
    feature: "get of a name that begins with a blank: sing-box's error loses its text on the way",
    ask: ({ client }) => client.get(" a").catch(({ code, status }) => ({ code, status })),
    want: (kind) => (kind === "sing-box" ? { code: "rpc", status: 2 } : undefined),
  },
  {
    feature: "names: subjects are whole",
    async ask({ client }) {
      const snapshot = await client.snapshot();
      return [...snapshot.users(), ...snapshot.outbounds(), ...snapshot.inbounds()]
        .filter(({ subject }) => subject !== "api-in")
        .map(({ scope, subject, total }) => `${scope} ${subject}${scope === "inbound" ? "" : ` ${total}`}`)
        .sort();
    },
    want: (kind) => [
      "inbound vmess-in",
      "outbound direct 3410",
      ...(kind === "sing-box" ? [] : ["outbound idle 0"]),
      "outbound power-user 3205",
      "user auser 1205",
      "user buser 3205",
      "user we>>>ird é 2205",
    ],
  },
  {
    feature: "raw: an unknown counter, with and without reset",
    async ask({ client: { address } }) {
      const asked = [{ name: "nothing" }, { name: "a>>>é" }, { name: "" }, { name: "nothing", reset: true }];
      return Promise.all(asked.map((request) => rawCall(address, methods.getStats, request)));
    },
    want(kind) {
      const prefix = kind === "sing-box" ? "" : notFoundPrefix[kind];
      return ["nothing", "a>>>é", "", "nothing"].map((name) => {
        const text = `${prefix}${name} not found.`;
        // HTTP/2 libraries drop a header that begins with a blank.
        return { code: kind === "xray" ? 5 : 2, text: text.startsWith(" ") ? "" : text };
      });
    },
  },
  {
    feature: "raw: unknown services and methods, and Xray's own",
    async ask({ client: { address } }) {
      const { getStats, getSysStats, getStatsOnline, getAllOnlineUsers } = methods;
      return {
        method: await served(rawCall(address, renamed(getStats, v2rayService, "GetUsersStats"), {})),
        service: await served(rawCall(address, renamed(getStats, "a.b.StatsService"), {})),
        xrayService: await served(rawCall(address, renamed(getSysStats, xrayService), {})),
        online: await served(rawCall(address, renamed(getStatsOnline, v2rayService), { name: "a" })),
        onlineUsers: await served(rawCall(address, renamed(getAllOnlineUsers, v2rayService), {})),
        onlineUsersOfXray: await served(rawCall(address, renamed(getAllOnlineUsers, xrayService), {})),
      };
    },
    want(kind) {
      const noMethod = (name: string) => ({ code: 12, text: `unknown method ${name} for service ${v2rayService}` });
      const noService = (name: string) => ({ code: 12, text: `unknown service ${name}` });
      const isXray = kind === "xray";
      return {
        method: noMethod("GetUsersStats"),
        service: noService("a.b.StatsService"),
        xrayService: isXray ? "served" : noService(xrayService),
        online: isXray ? { code: 5, text: "a not found." } : noMethod("GetStatsOnline"),
        onlineUsers: isXray ? "served" : noMethod("GetAllOnlineUsers"),
        onlineUsersOfXray: isXray ? "served" : noService(xrayService),
      };
    },
  },
  {
    feature: "online: who is connected, from where, and offline after",
    ask: askOnline,
    want(kind) {
      if (kind !== "xray") return ["unsupported", "unsupported"];
      return [
        { users: ["auser"], ips: ["127.0.0.2"], count: 1n, maps: ["user>>>auser>>>online"] },
        // Not unknown: Xray keeps the map, at 0.
        { users: [], ips: [], count: 0n, maps: [] },
        { ips: [], count: { code: 5, text: "user>>>quiet>>>online not found." } },
      ];
    },
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
      for (const [figure, value] of Object.entries(later)) assert.ok(value >= 0, `${figure} ${value}`);
      return Object.entries(later).map(([figure, value]) => `${figure}: ${typeof value}`);
    },
    want: () => [
      "goroutines: number",
      "gcCycles: number",
      "allocBytes: bigint",
      "totalAllocBytes: bigint",
      "sysBytes: bigint",
      "mallocs: bigint",
      "frees: bigint",
      "liveObjects: bigint",
      "pauseTotalNs: bigint",
      "uptimeSeconds: number",
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
        contents.add(valued(await totals(client)).join());
      }
      return { orders: orders.size > 1 ? "several" : "one", contents: contents.size };
    },
    want: () => ({ orders: "several", contents: 1 }),
  },
];

async function served(call: Promise<object>): Promise<unknown> {
  const answer = await call;
  return "answer" in answer ? "served" : answer;
}

async function askOnline(subject: Subject): Promise<unknown> {
  const { kind, client } = subject;
  if (kind !== "xray") {
    const calls = [client.onlineUsers(), client.onlineIps("auser")];
    return Promise.all(calls.map((call) => call.catch((error) => isStatsError(error) && error.code)));
  }
  const started = Date.now();
  const connection = await subject.connectUser("auser");
  await until(async () => (await client.onlineUsers()).length > 0);
  const [entry] = await client.onlineIps("auser");
  // Whole seconds.
  assert.ok(entry && entry.connectedAt.getTime() > started - 2000 && entry.connectedAt.getTime() <= Date.now());
  const during = await onlineState(client);
  await connection[Symbol.asyncDispose]();
  await until(async () => (await client.onlineUsers()).length === 0);
  const quiet = { ips: await client.onlineIps("quiet"), count: await countOnline(client, "quiet") };
  return [during, await onlineState(client), quiet];
}

async function onlineState(client: StatsClient): Promise<unknown> {
  const maps = await rawCall(client.address, methods.getAllOnlineUsers, {});
  return {
    users: await client.onlineUsers(),
    ips: (await client.onlineIps("auser")).map(({ ip }) => ip),
    count: await countOnline(client, "auser"),
    maps: "answer" in maps ? maps.answer.users : maps,
  };
}

async function countOnline({ address }: StatsClient, email: string): Promise<unknown> {
  const result = await rawCall(address, methods.getStatsOnline, { name: `user>>>${email}>>>online` });
  return "answer" in result ? result.answer.stat?.value : result;
}
