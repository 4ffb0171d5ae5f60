// One embedded core, a ledger, and the handler over both; requests go to it without a socket.
import { StatsClient } from "../../src/client/stats-client.ts";
import { drain } from "../../src/collector/drain.ts";
import { type Ledger, openMemoryLedger } from "../../src/ledger/ledger.ts";
import { ManagerClient, type ManagerClientOptions } from "../../src/manager/index.ts";
import { createManagerHandler, type ManagerHandlerOptions } from "../../src/manager/server/manager-handler.ts";
import type { ManagerHost } from "../../src/manager/server/manager-host.ts";
import type { ServedKey } from "../../src/manager/server/served-key.ts";
import { type EmbeddedCore, startEmbeddedCore } from "../../src/testing/embedded-core.ts";

export const apiKey = "k3y-of-the-bot";
export const uuid = "5a1d6c0e-2f3b-4a77-9a55-0c1de0f7a001";

/** Two users with a port each, and an inbound. */
export const keys: readonly ServedKey[] = [
  { ...user("alice", 10_001), uuids: [uuid], createdAt: "2025-10-30T09:15:02+00:00" },
  user("__proto__", 10_002),
  {
    ...{ id: "socks-in", name: "socks-in", uuids: [], counter: { scope: "inbound", subject: "socks-in" } as const },
    ...{ ports: [{ from: 1080, to: 1080 }], isActive: true },
  },
];

function user(id: string, port: number): ServedKey {
  const counter = { scope: "user", subject: id } as const;
  return { id, name: id, uuids: [], counter, ports: [{ from: port, to: port }], isActive: true };
}

/** A host on which everybody listens, and alice has two connections. */
export const quietHost: ManagerHost = {
  async table(name) {
    if (name === "dev")
      return `lo: 1 ${"0 ".repeat(7)}2 ${"0 ".repeat(7)}\neth0: 300 ${"0 ".repeat(7)}4000 ${"0 ".repeat(7)}`;
    if (name === "tcp6") throw new Error("there is no IPv6");
    const line = (local: string, remote: string, state: string): string => `0: ${local} ${remote} ${state} `;
    const listeners = ["2711", "2712", "0438"].map((port) => line(`00000000:${port}`, "00000000:0000", "0A"));
    const peers = ["01", "08"].map((state) => line("0A0200C0:2711", "176433C6:C3CA", state));
    return [...listeners, ...peers].join("\n");
  },
};

export interface World extends AsyncDisposable {
  readonly core: EmbeddedCore;
  readonly ledger: Ledger;
  /** The handler's clock aside, all is as in a process. */
  readonly handler: ReturnType<typeof createManagerHandler>;
  /** What the handler could not do. */
  readonly errors: unknown[];
  client(options?: Partial<ManagerClientOptions>): ManagerClient;
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** Lets traffic flow and books it. */
  flow(name: string, uplink: bigint, downlink: bigint): Promise<void>;
  /** One reading into the ledger. */
  book(): Promise<void>;
}

export async function startWorld(
  options: Partial<ManagerHandlerOptions> = {},
  dialect: "xray" | "v2ray4" = "xray",
): Promise<World> {
  const core = await startEmbeddedCore({ dialect });
  const client = new StatsClient(core.address, { timeoutMs: 2000 });
  const ledger = openMemoryLedger();
  const errors: unknown[] = [];
  const book = async (): Promise<void> => {
    const [drained] = await drain([{ name: "fra-1", core: client }], ledger);
    if (drained?.error !== undefined) throw drained.error;
  };
  const handler = createManagerHandler({
    ledger,
    node: "fra-1",
    keys,
    apiKeys: [{ name: "bot", key: apiKey }],
    stats: client,
    takeReading: book,
    host: quietHost,
    maxAgeMs: 1,
    timeoutMs: 2000,
    onError: (error) => errors.push(error),
    ...options,
  });
  const base = "http://127.0.0.1:8000";
  return {
    core,
    ledger,
    handler,
    errors,
    book,
    async flow(name, uplink, downlink) {
      core.add(`${name}>>>traffic>>>uplink`, uplink);
      core.add(`${name}>>>traffic>>>downlink`, downlink);
      await book();
    },
    ask: (path, init = {}) =>
      handler(new Request(`${base}${path}`, { ...init, headers: { "X-API-Key": apiKey, ...init.headers } })),
    client: (more) =>
      new ManagerClient(base, { apiKey, fetch: (url, init) => handler(new Request(url, init)), ...more }),
    async [Symbol.asyncDispose]() {
      await ledger.close();
      await client.close();
      await core.close();
    },
  };
}
