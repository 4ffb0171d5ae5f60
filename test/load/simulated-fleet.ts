import assert from "node:assert/strict";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { openPostgresUrl } from "../../src/ledger/postgres/open-postgres-url.ts";
import type { FleetHubs } from "./fleet-hubs.ts";
import { SimulatedNode } from "./simulated-node.ts";

/** How often a request goes wrong on its way, as shares of all. */
export interface NetworkFaults {
  readonly notSent: number;
  readonly answerLost: number;
  readonly sentTwice: number;
}

/** Options of {@link startFleet}. */
export interface FleetOptions {
  /** Of each node. */
  readonly users: number;
  /** Numbers from 0 to 1. */
  readonly random: () => number;
  readonly faults: NetworkFaults;
  /** @defaultValue ledgers in memory */
  readonly openLedger?: ((node: string) => Promise<Ledger>) | undefined;
}

/** Nodes on which one customer uses several servers: of five each, all have the same users. */
export async function startFleet(hubs: FleetHubs, options: FleetOptions): Promise<readonly SimulatedNode[]> {
  const { users, random, faults, openLedger } = options;
  const fetch = faultyFetch(hubs, random, faults);
  const nodes: SimulatedNode[] = [];
  for (const [name, key] of hubs.keys) {
    const group = Math.floor(nodes.length / 5);
    const names = Array.from({ length: users }, (_, at) => `user-${group}-${at}@example.com`);
    const ledger = await openLedger?.(name);
    nodes.push(await SimulatedNode.start({ name, users: names, hub: hubs.url(0), key, fetch, random, ledger }));
  }
  return nodes;
}

/** Sends each request to any of the hubs, as a balancer before them would. */
function faultyFetch(hubs: FleetHubs, random: () => number, faults: NetworkFaults): typeof globalThis.fetch {
  return async (address, init) => {
    const { pathname, search } = new URL(String(address));
    const send = (): Promise<Response> => {
      return fetch(`${hubs.url(Math.floor(random() * hubs.count))}${pathname}${search}`, init);
    };
    const lot = random();
    if (lot < faults.notSent) throw new TypeError("not sent");
    const answer = await send();
    if (lot >= faults.notSent + faults.answerLost + faults.sentTwice) return answer;
    await answer.arrayBuffer();
    if (lot < faults.notSent + faults.answerLost) throw new TypeError("the answer was lost");
    return send();
  };
}

/** Compares what the hub's ledger answers with what truly flowed, by user over all nodes and by node. */
export async function assertExact(db: string, nodes: readonly SimulatedNode[]): Promise<bigint> {
  const byUser = new Map<string, string>();
  const byNode = new Map<string, string>();
  const sums = new Map<string, readonly [uplink: bigint, downlink: bigint]>();
  let total = 0n;
  for (const node of nodes) {
    let [up, down] = [0n, 0n];
    for (const [user, uplink, downlink] of node.flowed()) {
      const [upBefore, downBefore] = sums.get(user) ?? [0n, 0n];
      sums.set(user, [upBefore + uplink, downBefore + downlink]);
      up += uplink;
      down += downlink;
    }
    total += up + down;
    if (up + down > 0n) byNode.set(node.name, `${up} up, ${down} down`);
  }
  for (const [user, [up, down]] of sums) if (up + down > 0n) byUser.set(user, `${up} up, ${down} down`);
  await using ledger = await openPostgresUrl(db, { readOnly: true });
  const answered = async (key: "user" | "node"): Promise<Map<string, string>> => {
    const { rows } = await ledger.usage({ by: [key] });
    const lines = rows.map(({ subject, node, uplink, downlink }) => {
      return [(key === "user" ? subject : node) as string, `${uplink} up, ${downlink} down`] as const;
    });
    return new Map(lines);
  };
  assert.deepEqual(await answered("node"), byNode);
  assert.deepEqual(await answered("user"), byUser);
  return total;
}
