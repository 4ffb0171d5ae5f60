import { once } from "node:events";
import { connect } from "node:net";
import { startEmbeddedCore } from "../../testing/embedded-core.ts";
import type { DemoCore, DemoUser } from "./demo-core.ts";

/** The core of `v2ray-stats/testing`, with a counted inbound for each user. */
export async function startEmbeddedDemoCore(targetPort: number): Promise<DemoCore> {
  const core = await startEmbeddedCore({ dialect: "v2ray5" });
  const target = { host: "127.0.0.1", port: targetPort };
  const ports = new Map<DemoUser, number>();
  for (const user of ["alice", "bob"] as const) {
    const inbound = await core.openInbound({ tag: "demo-in", outbound: "direct", user, target });
    ports.set(user, Number(inbound.address.split(":").at(-1)));
  }
  return {
    label: "the embedded core of v2ray-stats/testing, as V2Ray 5 (neither v2ray nor xray is on PATH)",
    address: core.address,
    async connect(user) {
      const socket = connect(ports.get(user) as number, "127.0.0.1");
      await once(socket, "connect");
      return socket;
    },
    [Symbol.asyncDispose]: () => core.close(),
  };
}
