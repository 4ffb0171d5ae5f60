import { StatsClient } from "../../src/index.ts";
import { type EmbeddedCore, startEmbeddedCore } from "../../src/testing/index.ts";
import { clientConfig, type ServerOptions, serverConfig } from "../support/configs.ts";
import { freePorts } from "../support/free-ports.ts";
import { type CoreKind, type RunningCore, startCore } from "../support/real-cores.ts";
import { download, holdConnection, startTarget, type Target } from "../support/traffic.ts";
import { until } from "../support/until.ts";

/** A core, real or embedded, in the same little world: the same users, tags and bytes. */
export interface Subject extends AsyncDisposable {
  readonly kind: CoreKind;
  readonly client: StatsClient;
  /** Carries bytes for every user but the quiet one, and waits until all are booked. */
  fill(): Promise<void>;
  /** Ends the core without a word and starts it anew at the same address. */
  restart(): Promise<void>;
  /** Connects a user from 127.0.0.2 and keeps the connection; Xray alone tells. */
  connectUser(email: string): Promise<AsyncDisposable>;
}

/** What a user carries with each `fill`, and by which outbound. */
export interface UserTraffic {
  readonly email: string;
  readonly outbound: string;
  readonly uplink: bigint;
  readonly downlink: bigint;
}

const requestBytes = 87n;
const headBytes = 118;

function traffic(email: string, outbound: string, bytes: number): UserTraffic {
  return { email, outbound, uplink: requestBytes, downlink: BigInt(headBytes + bytes) };
}

/** Those who carry bytes; one has `>>>` in the name, and the tag of one's outbound holds "user". */
export const carriers: readonly UserTraffic[] = [
  traffic("auser", "direct", 1000),
  traffic("we>>>ird é", "direct", 2000),
  traffic("buser", "power-user", 3000),
];
const users = [...carriers.map(({ email }) => email), "quiet"];
const serverOptions: Omit<ServerOptions, "ports"> = {
  users,
  extraOutbounds: ["power-user", "idle"],
  routes: [{ user: "buser", outbound: "power-user" }],
};

/** What `fill` adds to the counters of users and outbounds; the inbound's depend on the protocol. */
export function filledCounters(): Map<string, bigint> {
  const counters = new Map<string, bigint>();
  for (const { email, outbound, uplink, downlink } of carriers) {
    for (const subject of [`user>>>${email}`, `outbound>>>${outbound}`]) {
      for (const [direction, bytes] of [
        ["uplink", uplink],
        ["downlink", downlink],
      ] as const) {
        const name = `${subject}>>>traffic>>>${direction}`;
        counters.set(name, (counters.get(name) ?? 0n) + bytes);
      }
    }
  }
  return counters;
}

/** Starts a real core, one client core for each user, and a target for their downloads. */
export async function startRealSubject(kind: CoreKind): Promise<Subject> {
  await using parts = new AsyncDisposableStack();
  const target = parts.use(await startTarget());
  let server = await startCore(kind, async () => {
    return serverConfig(kind, { ports: await freePorts("api", "vmess"), ...serverOptions });
  });
  parts.defer(() => server.stop("SIGKILL"));
  const socks: number[] = [];
  for (const index of carriers.keys()) {
    const [client, port] = await startClient(kind, server, index);
    parts.use(client);
    socks.push(port);
  }
  const client = parts.use(new StatsClient(server.apiAddress));
  const owned = parts.move();
  return {
    kind,
    client,
    async fill() {
      const before = await totals(client);
      await Promise.all(carriers.map(({ downlink }, index) => fetchThrough(socks[index], target, Number(downlink))));
      await booked(client, before);
    },
    async restart() {
      await server.stop("SIGKILL");
      server = await startCore(kind, server.config);
    },
    async connectUser(email) {
      const port = socks[carriers.findIndex((carrier) => carrier.email === email)] ?? 0;
      return await holdConnection(port, target);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function startClient(kind: CoreKind, server: RunningCore, userIndex: number): Promise<[RunningCore, number]> {
  const vmess = Number(server.config.listens[0]);
  let socks = 0;
  const client = await startCore(kind, async () => {
    const ports = { ...(await freePorts("api", "socks")), vmess };
    socks = ports.socks;
    return clientConfig(kind, { ports, userIndex, ...(kind === "xray" && { sendThrough: "127.0.0.2" }) });
  });
  return [client, socks];
}

async function fetchThrough(socks = 0, target: Target, downlink: number): Promise<void> {
  await download(socks, target, downlink - headBytes);
}

/**
 * Waits until every carrier's bytes are in, and nothing moves any more: the last packet of a connection is counted a
 * little after it was sent.
 */
async function booked(client: StatsClient, before: ReadonlyMap<string, bigint>): Promise<void> {
  let last = "";
  let still = 0;
  await until(async () => {
    const now = await totals(client);
    const shown = [...now].sort().join();
    still = shown === last ? still + 1 : 0;
    last = shown;
    if (still < 5) return false;
    return [...filledCounters()].every(([name, bytes]) => {
      return (now.get(name) ?? 0n) >= (before.get(name) ?? 0n) + bytes;
    });
  });
}

/** Every counter but those of the API's own inbound, which move with each call; the embedded core has none. */
export async function totals(client: StatsClient): Promise<Map<string, bigint>> {
  const counters = await client.query();
  return new Map(counters.filter(({ name }) => !isOfApi(name)).map(({ name, value }) => [name, value]));
}

/** Whether a counter is of the API's own inbound. */
export function isOfApi(name: string): boolean {
  return name.startsWith("inbound>>>api-in>>>");
}

/** Starts an embedded core and gives it the same counters. */
export async function startEmbeddedSubject(kind: CoreKind): Promise<Subject> {
  const core = await startEmbeddedCore({ dialect: kind });
  const client = new StatsClient(core.address);
  if (kind !== "sing-box") addTags(core);
  return {
    kind,
    client,
    async fill() {
      for (const [name, bytes] of filledCounters()) core.add(name, bytes);
      for (const direction of ["uplink", "downlink"]) core.add(`inbound>>>vmess-in>>>traffic>>>${direction}`, 5000n);
      if (kind === "xray") for (const { email } of carriers) core.setOnline(email, []);
    },
    async restart() {
      core.restart();
    },
    async connectUser(email) {
      core.setOnline(email, ["127.0.0.2"]);
      return { [Symbol.asyncDispose]: async () => core.setOnline(email, []) };
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await core.close();
    },
  };
}

function addTags(core: EmbeddedCore): void {
  for (const tag of ["inbound>>>vmess-in", "outbound>>>direct", "outbound>>>power-user", "outbound>>>idle"]) {
    for (const direction of ["uplink", "downlink"]) core.add(`${tag}>>>traffic>>>${direction}`, 0n);
  }
}
