import assert from "node:assert/strict";
import type { MutualTls } from "../../src/config/build/api-options.ts";
import type { StatsConfigOptions } from "../../src/config/build/build-options.ts";
import { buildStatsConfig } from "../../src/config/build/build-stats-config.ts";
import { promisedCounters } from "../../src/config/build/promised-counters.ts";
import { type BuiltPath, clientOptions, pathsOf } from "./build-paths.ts";
import { type ApiPlace, CaseRun } from "./case-run.ts";
import type { Certificates } from "./certificates.ts";
import { until } from "./until.ts";

/** A case has placeholders for so many ports beside the API's. */
const mostPaths = 9;
const answerHead = 118;

/** The configuration's text, as a user would save it. */
export function configText(options: StatsConfigOptions): string {
  return JSON.stringify(buildStatsConfig(options), null, 2);
}

/**
 * Starts what is built of the options, and a client core built for it; carries traffic through each inbound, and asserts
 * of both that exactly the promised counters are there and move, and of the users' that they hold exactly what was sent.
 */
export async function proveCounters(options: StatsConfigOptions, certificates: Certificates): Promise<void> {
  await using server = new CaseRun(options.target, configText(options));
  const { listens, ...api } = apiPlace(options, certificates);
  await server.startsWell([...options.inbounds.map(({ port }) => port), listens]);
  const paths = pathsOf(options, mostPaths);
  const ofClient = clientOptions(options.target, paths, (port) => server.port(port), certificates);
  await using client = new CaseRun(options.target, configText(ofClient));
  await client.startsWell([20_000, ...ofClient.inbounds.map(({ port }) => port)]);
  for (const [index, { inbound }] of paths.entries()) {
    await client.traffic({ via: "socks", port: 20_001 + index, bytes: bytesOf(index) }).catch((error) => {
      throw new Error(`nothing comes through ${inbound.protocol}:\n${server.output()}\n${client.output()}`, {
        cause: error,
      });
    });
  }
  await assertPromised(options, paths, server, api);
  const clientPaths = paths.map((path, index) => {
    return { ...path, user: undefined, tags: { inbound: `path-${index}`, outbound: `to-${index}` } };
  });
  await assertPromised(ofClient, clientPaths, client, {});
}

async function assertPromised(
  options: StatsConfigOptions,
  paths: readonly BuiltPath[],
  core: CaseRun,
  api: ApiPlace,
): Promise<void> {
  const used = new Set(paths.flatMap(namesOf));
  const promised = promisedCounters(options).filter(({ name, since }) => since === "start" || used.has(name));
  const names = promised.map(({ name }) => name);
  // Xray does not count all that it writes to plain TCP.
  const moving = names.filter((name) => used.has(name) && !(options.target === "xray" && mayStay(name)));
  const wanted = new Map([...userBytes(paths)].filter(([name]) => names.some((each) => each === name)));
  let counters = await core.countersWith(moving, api);
  // Xray books some bytes only after the end of their connection.
  const arrived = async (): Promise<boolean> => {
    counters = await core.counters(api);
    return [...wanted].every(([name, bytes]) => (counters.get(name) ?? 0n) >= bytes);
  };
  await until(arrived).catch(() => undefined);
  assert.deepEqual([...counters.keys()].sort(), names.toSorted());
  for (const [name, bytes] of wanted) assert.equal(counters.get(name), bytes, name);
}

function namesOf({ tags, user }: BuiltPath): string[] {
  const subjects = [
    `inbound>>>${tags.inbound}`,
    `outbound>>>${tags.outbound}`,
    ...(user ? [`user>>>${user.email}`] : []),
  ];
  return subjects.flatMap((subject) => [`${subject}>>>traffic>>>uplink`, `${subject}>>>traffic>>>downlink`]);
}

function mayStay(name: string): boolean {
  return /^inbound>>>.*>>>downlink$|^outbound>>>.*>>>uplink$/s.test(name);
}

/** What the users' counters must hold: payload alone, whatever carried it. */
function userBytes(paths: readonly BuiltPath[]): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const [index, { user }] of paths.entries()) {
    if (user === undefined) continue;
    const request = `GET /${bytesOf(index)} HTTP/1.1\r\n\r\n`.length;
    const [up, down] = [`user>>>${user.email}>>>traffic>>>uplink`, `user>>>${user.email}>>>traffic>>>downlink`];
    sums.set(up, (sums.get(up) ?? 0n) + BigInt(request));
    sums.set(down, (sums.get(down) ?? 0n) + BigInt(answerHead + bytesOf(index)));
  }
  return sums;
}

/** Another size for each path, so that no user passes for another. */
function bytesOf(index: number): number {
  return 2000 + 1000 * 2 ** index;
}

/** Where the API is, for a client and for who waits for it. */
function apiPlace(
  options: StatsConfigOptions,
  certificates: Certificates,
): ApiPlace & { readonly listens: number | string } {
  const api = options.api as { readonly socket?: string | undefined; readonly tls?: MutualTls | undefined };
  if (api.socket !== undefined) return { address: `unix:${api.socket}`, listens: api.socket };
  if (api.tls === undefined) return { address: "127.0.0.1:20000", listens: 20_000 };
  const { ca, client } = certificates;
  const own = api.tls.clientAuthorityFile === undefined ? {} : { cert: client.cert, key: client.key };
  return { address: "https://127.0.0.1:20000", tls: { ca: ca.cert, ...own }, listens: 20_000 };
}
