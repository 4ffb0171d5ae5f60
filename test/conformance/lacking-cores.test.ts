// Cores that lack something, by their configuration, and embedded ones with the fault that imitates it: the same error.
import assert from "node:assert/strict";
import { test } from "node:test";
import { StatsClient } from "../../src/index.ts";
import { type Fault, startEmbeddedCore } from "../../src/testing/index.ts";
import { type ServerOptions, serverConfig } from "../support/configs.ts";
import { type ExpectedFailure, expectFailure } from "../support/expect-failure.ts";
import { freePorts } from "../support/free-ports.ts";
import { type CoreKind, coreKinds, realCores, startCore } from "../support/real-cores.ts";
import { methods, rawCall, v2rayService } from "./raw-calls.ts";

const cores = realCores();
const v2rays = ["v2ray4", "v2ray5", "xray"] as const;

interface LackingCore extends AsyncDisposable {
  readonly address: string;
}

async function startReal(kind: CoreKind, options: Omit<ServerOptions, "ports">): Promise<LackingCore> {
  const core = await startCore(kind, async () => {
    return serverConfig(kind, { ports: await freePorts("api", "vmess"), ...options });
  });
  return { address: core.apiAddress, [Symbol.asyncDispose]: () => core.stop("SIGKILL") };
}

async function startEmbedded(kind: CoreKind, fault?: Fault): Promise<LackingCore> {
  const core = await startEmbeddedCore({ dialect: kind });
  if (fault !== undefined) core.fault(fault);
  return core;
}

/** One test for the real core and one for the embedded one. */
function onBoth(
  name: string,
  kind: CoreKind,
  options: Omit<ServerOptions, "ports">,
  fault: Fault | undefined,
  check: (kind: CoreKind, address: string, real: boolean) => Promise<void>,
): void {
  test(`${kind}: ${name}`, { skip: cores[kind].missing, timeout: 120_000 }, async () => {
    await using core = await startReal(kind, options);
    await check(kind, core.address, true);
  });
  test(`embedded ${kind}: ${name}`, { timeout: 120_000 }, async () => {
    await using core = await startEmbedded(kind, fault);
    await check(kind, core.address, false);
  });
}

async function checkWithoutStats(kind: CoreKind, address: string): Promise<void> {
  await using client = new StatsClient(address);
  const expected = { code: "stats-disabled", message: /keeps no statistics$/, advice: /"stats": \{\}/ } as const;
  await expectFailure(client.get("a"), expected);
  await expectFailure(client.query({ pattern: "user>>>" }), expected);
  await expectFailure(client.snapshot(), expected);
  await expectFailure(client.resetCounters({ all: true }), expected);
  await expectFailure(client.resetCounters({ names: ["a"] }), expected);
  const noOneOnline = kind === "xray" ? expected : ({ code: "unsupported" } as const);
  await expectFailure(client.onlineUsers(), noOneOnline);
  await expectFailure(client.onlineIps("a"), noOneOnline);
  const detection = await client.detect();
  assert.deepEqual([detection.kind, detection.capabilities.stats], [kind, false]);
  assert.ok((await client.sysStats()).totalAllocBytes > 0n);

  const prefix = kind === "v2ray4" ? "v2ray.com/core/app/stats/command: " : "app/stats/command: ";
  assert.deepEqual(await rawCall(address, methods.queryStats, {}), {
    code: 2,
    text: `${prefix}QueryStats only works its own stats.Manager.`,
  });
  assert.deepEqual(
    await rawCall(address, methods.getStats, { name: "a" }),
    kind === "xray" ? { code: 5, text: "a not found." } : { code: 2, text: `${prefix}a not found.` },
  );
}

async function checkWithoutService(_kind: CoreKind, address: string): Promise<void> {
  await using client = new StatsClient(address);
  const expected = { code: "unsupported", message: /unknown service/, advice: /StatsService/ } as const;
  await expectFailure(client.detect(), expected);
  await expectFailure(client.get("a"), expected);
  await expectFailure(client.query(), expected);
  await expectFailure(client.snapshot(), expected);
  await expectFailure(client.sysStats(), expected);
  await expectFailure(client.onlineUsers(), expected);
  await expectFailure(client.resetCounters({ all: true }), expected);
  await expectFailure(client.resetCounters({ names: ["a"] }), expected);

  const unknown = { code: 12, text: `unknown service ${v2rayService}` };
  assert.deepEqual(await rawCall(address, methods.queryStats, {}), unknown);
  assert.deepEqual(await rawCall(address, methods.getSysStats, {}), unknown);
}

async function checkWithoutRule(kind: CoreKind, address: string, real: boolean): Promise<void> {
  await using client = new StatsClient(address, { retries: 0 });
  // Xray breaks the connection, the others close it; the embedded core closes it, too.
  const cause = real && kind === "xray" ? "ECONNRESET" : undefined;
  const expected: ExpectedFailure = { code: "no-answer", advice: /routing rule/, cause };
  await expectFailure(client.sysStats(), expected);
  await expectFailure(client.snapshot(), expected);
}

async function checkEndlessQuery(_kind: CoreKind, address: string): Promise<void> {
  await using client = new StatsClient(address);
  for (const pattern of ["", [""], ["a", ""], /(?:)/]) await client.query({ pattern, timeoutMs: 10_000 });
  await client.snapshot({ timeoutMs: 10_000 });
  const signal = AbortSignal.timeout(300);
  const answer = await rawCall(address, methods.queryStats, { patterns: [""] }, signal);
  assert.ok(signal.aborted && "code" in answer, "no answer in 0.3 s");
}

for (const kind of v2rays) {
  onBoth(
    "without `stats`, nothing but the system's figures",
    kind,
    { stats: false },
    { noStats: true },
    checkWithoutStats,
  );
  onBoth("an API inbound that no rule leads to the API", kind, { routed: false }, { noAnswer: true }, checkWithoutRule);
}
for (const kind of coreKinds) {
  // sing-box has no list of services: without `stats` it serves none.
  const options = kind === "sing-box" ? { stats: false } : { services: ["LoggerService"] };
  onBoth("without StatsService", kind, options, { noService: true }, checkWithoutService);
}
// The real one would take two processors and 300 MB of memory a second: it is killed as soon as it has not answered.
onBoth('`patterns: [""]` is never answered, and ours never ask that', "v2ray5", {}, undefined, checkEndlessQuery);
