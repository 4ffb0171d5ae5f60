import { spawn } from "node:child_process";
import { once } from "node:events";
import { numberedTags, serverConfig } from "../test/support/configs.ts";
import { freePorts } from "../test/support/free-ports.ts";
import { realCores, startCore } from "../test/support/real-cores.ts";
import { firstLine } from "./first-line.ts";
import { goProgram, root } from "./prepare.ts";

/**
 * Xray's own manager and API in a program of ours, or a core as it is, with a table of idle outbounds; sing-box gives
 * those no counters.
 */
export const serverKinds = ["xray-manager", "xray", "v2ray4", "v2ray5"] as const;

/** One of {@link serverKinds}. */
export type ServerKind = (typeof serverKinds)[number];

/** What the clients are measured against. */
export interface Server extends AsyncDisposable {
  readonly address: string;
  /** How many counters it has. */
  readonly counters: number;
  /** How many of them move before each poll, about. */
  readonly changing: number;
  /** The name of one of them. */
  readonly counter: string;
}

/** The best server this machine has. */
export function defaultServer(go: boolean): ServerKind {
  return go ? "xray-manager" : realCores().xray.missing === undefined ? "xray" : "v2ray4";
}

/** Starts a server with so many counters. */
export async function startServer(kind: ServerKind, counters: number): Promise<Server> {
  if (kind === "xray-manager") return startManager(counters);
  const extraOutbounds = numberedTags(counters / 2 - 1);
  const api = kind === "xray" ? "listen" : "port";
  const core = await startCore(kind, async () =>
    serverConfig(kind, { ports: await freePorts("api", "vmess"), extraOutbounds, api }),
  );
  return {
    address: core.apiAddress,
    // The inbounds have counters, too: "vmess-in", and "api-in" where the API is one.
    counters: counters + (api === "port" ? 4 : 2),
    changing: 0,
    counter: "outbound>>>direct>>>traffic>>>uplink",
    [Symbol.asyncDispose]: () => core[Symbol.asyncDispose](),
  };
}

async function startManager(counters: number): Promise<Server> {
  const [command = ""] = goProgram("server");
  const child = spawn(command, ["-counters", String(counters)], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  process.once("exit", kill);
  const ended = once(child, "close").finally(() => process.off("exit", kill));
  return {
    address: await firstLine(child),
    counters,
    changing: counters / 100,
    counter: "user>>>user000001@example.com>>>traffic>>>uplink",
    async [Symbol.asyncDispose]() {
      kill();
      await ended;
    },
  };
}
