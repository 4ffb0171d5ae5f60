import { clientJson, userOutbound } from "./case-client.ts";
import { coreOf } from "./case-files.ts";
import type { CaseRun } from "./case-run.ts";
import { type ClientUser, fetchThrough } from "./case-traffic.ts";
import { freePorts } from "./free-ports.ts";
import { type RunningCore, startCore } from "./real-cores.ts";
import { holdConnection, startTarget } from "./traffic.ts";
import { until } from "./until.ts";

/**
 * Fetches again and again through one client core of the run's kind, until `enough` says so; rejects after 30 s. What a
 * client learns of its server counts for the connections after that.
 */
export async function fetchUntil(run: CaseRun, user: ClientUser, enough: () => Promise<boolean>): Promise<void> {
  await using target = await startTarget();
  await using client = await startClient(run, userOutbound(coreOf(run.target), user));
  const end = performance.now() + 30_000;
  do {
    if (performance.now() > end) throw new Error("not enough after 30 s of fetching");
    await fetchThrough({ via: "socks", port: socksPortOf(client) }, target);
  } while (!(await enough()));
}

/** Opens a connection to the run's core through this outbound, and gives it up when the core has heard of it. */
export async function knock(run: CaseRun, outbound: object, heard: () => Promise<boolean>): Promise<void> {
  await using target = await startTarget();
  await using client = await startClient(run, outbound);
  await using _connection = await holdConnection(socksPortOf(client), target);
  await until(heard);
}

/** Starts a client core of the run's kind; the placeholder ports of its outbound are those of the run. */
function startClient(run: CaseRun, outbound: object): Promise<RunningCore> {
  const text = JSON.stringify(outbound).replace(/\b2000\d\b/g, (port) => String(run.port(Number(port))));
  return startCore(coreOf(run.target), async () => {
    const { socks } = await freePorts("socks");
    const json = clientJson(coreOf(run.target), socks, JSON.parse(text));
    return { json, apiAddress: "none", listens: [socks] };
  });
}

function socksPortOf({ config }: RunningCore): number {
  return config.listens[0] as number;
}
