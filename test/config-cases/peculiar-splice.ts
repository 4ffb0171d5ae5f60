import assert from "node:assert/strict";
import { join } from "node:path";
import type { CaseRun } from "../support/case-run.ts";
import { freePorts } from "../support/free-ports.ts";
import { heldBytes, heldConnection, startHolder } from "../support/peculiar-case-hold.ts";
import { bytesOf, withCertificates } from "../support/peculiar-case-run.ts";
import { startCore } from "../support/real-cores.ts";
import { until } from "../support/until.ts";
import { aliceClient, aliceId, inbound, server, webSocket } from "./peculiar-texts.ts";
import type { RuleCase } from "./rule-case.ts";

/** How much the direct outbound has counted of a held connection: the lowest and the last of some readings. */
async function countedWhileOpen(run: CaseRun): Promise<bigint> {
  const end = performance.now() + 1000;
  let counted = 0n;
  while (performance.now() < end && counted < heldBytes) counted = await bytesOf(run, "outbound/direct/down");
  return counted;
}

async function assertLate(run: CaseRun, connection: AsyncDisposable): Promise<void> {
  {
    await using _open = connection;
    const counted = await countedWhileOpen(run);
    assert.ok(counted < heldBytes / 2, `${counted} of ${heldBytes} are counted while the connection is open`);
  }
  await until(async () => (await bytesOf(run, "outbound/direct/down")) >= heldBytes);
}

async function assertInTime(run: CaseRun, connection: AsyncDisposable): Promise<void> {
  await using _open = connection;
  await until(async () => (await bytesOf(run, "outbound/direct/down")) >= heldBytes);
}

/** A connection to port 20005 through a client core with this outbound. */
async function heldThrough(run: CaseRun, outbound: object, tls: boolean): Promise<AsyncDisposable> {
  const parts = new AsyncDisposableStack();
  const client = await startCore("xray", async () => {
    const { entry } = await freePorts("entry");
    const settings = { address: "127.0.0.1", port: run.port(20005) };
    const json = {
      inbounds: [{ listen: "127.0.0.1", port: entry, protocol: "dokodemo-door", settings }],
      outbounds: [outbound],
    };
    return { json, apiAddress: "none", listens: [entry] };
  });
  parts.use(client);
  parts.use(await heldConnection(client.config.listens[0] as number, tls));
  return parts;
}

function socksOutbound(run: CaseRun, stream: object): object {
  return { protocol: "socks", settings: { servers: [{ address: "127.0.0.1", port: run.port(20001) }] }, ...stream };
}

function visionOutbound(run: CaseRun, flow: object): object {
  const users = [{ id: aliceId, encryption: "none", ...flow }];
  const certificates = [{ usage: "verify", certificateFile: join(run.directory, "ca.pem") }];
  return {
    protocol: "vless",
    settings: { vnext: [{ address: "127.0.0.1", port: run.port(20001), users }] },
    streamSettings: { security: "tls", tlsSettings: { serverName: "core.test", certificates } },
  };
}

const toTarget = "// the target is 127.0.0.1:20005\n";

function socksServer(stream: string): string {
  return toTarget + server("xray", { inbounds: [inbound("socks-in", 20001, `"protocol": "socks"${stream}`)] });
}

function visionServer(flow: string): string {
  const client = aliceClient.replace(" }", `${flow} }`);
  const settings = `"settings": { "decryption": "none", "clients": [${client}] }`;
  const stream = `"streamSettings": { "security": "tls", "tlsSettings": {
        "certificates": [{ "certificateFile": "/case/server.pem", "keyFile": "/case/server.key" }]
      } }`;
  return (
    toTarget + server("xray", { inbounds: [inbound("vless-in", 20001, `"protocol": "vless", ${settings}, ${stream}`)] })
  );
}

/** Xray on Linux moves bytes past itself, and counts them when the connection ends. */
export const peculiarSpliceCases: readonly RuleCase[] = [
  {
    rule: "splice-late-counts",
    target: "xray",
    title: "socks",
    also: ["user-needs-password"],
    faulty: socksServer(""),
    fixed: socksServer(webSocket),
    shows: async (faulty, fixed) => {
      for (const run of [faulty, fixed]) {
        await run.startsWell([20000, 20001]);
        await using _holder = await startHolder(run.port(20005));
        const stream = run === faulty ? {} : { streamSettings: { network: "ws" } };
        const connection = await heldThrough(run, socksOutbound(run, stream), false);
        await (run === faulty ? assertLate : assertInTime)(run, connection);
      }
    },
  },
  {
    rule: "splice-late-counts",
    target: "xray",
    title: "Vision",
    faulty: visionServer(`, "flow": "xtls-rprx-vision"`),
    fixed: visionServer(""),
    shows: async (faulty, fixed) => {
      for (const run of [faulty, fixed]) {
        const certificate = withCertificates(run);
        await run.startsWell([20000, 20001]);
        await using _holder = await startHolder(run.port(20005), certificate);
        const flow = run === faulty ? { flow: "xtls-rprx-vision" } : {};
        const connection = await heldThrough(run, visionOutbound(run, flow), true);
        await (run === faulty ? assertLate : assertInTime)(run, connection);
      }
    },
  },
];
