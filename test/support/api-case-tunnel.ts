import { isStatsError, StatsClient, type StatsErrorCode } from "../../src/index.ts";
import { userOutbound } from "./case-client.ts";
import { coreOf } from "./case-files.ts";
import type { CaseRun } from "./case-run.ts";
import { freePorts } from "./free-ports.ts";
import { type CoreKind, startCore } from "./real-cores.ts";

/** What a vmess user of port 20001 gets who asks through the proxy for the API on port 20000 of `host`. */
export async function askedThroughProxy(run: CaseRun, id: string, host: string): Promise<"answers" | StatsErrorCode> {
  const kind = coreOf(run.target);
  const outbound = userOutbound(kind, { protocol: "vmess", port: run.port(20001), id });
  let entry = 0;
  await using _client = await startCore(kind, async () => {
    ({ entry } = await freePorts("entry"));
    return { json: tunnel(kind, entry, outbound, host, run.port(20000)), apiAddress: "none", listens: [entry] };
  });
  await using api = new StatsClient(`127.0.0.1:${entry}`, { retries: 0, timeoutMs: 10_000 });
  try {
    await api.snapshot();
    return "answers";
  } catch (error) {
    if (isStatsError(error)) return error.code;
    throw error;
  }
}

/** A client core that carries whatever comes to `entry` to one place. */
function tunnel(kind: CoreKind, entry: number, outbound: object, host: string, port: number): object {
  const listen = "127.0.0.1";
  if (kind === "sing-box") {
    const inbound = { type: "direct", listen, listen_port: entry, override_address: host, override_port: port };
    return { log: { level: "warn" }, inbounds: [inbound], outbounds: [outbound] };
  }
  const settings = { address: host, port, network: "tcp" };
  const inbound = { listen, port: entry, protocol: "dokodemo-door", settings };
  return { log: { loglevel: "warning" }, inbounds: [inbound], outbounds: [outbound] };
}
