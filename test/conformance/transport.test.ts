// Every way to a real core's API that its configuration knows.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { StatsClient, type StatsClientOptions } from "../../src/index.ts";
import { makeCertificates, opensslMissing } from "../support/certificates.ts";
import { type ApiWay, serverConfig } from "../support/configs.ts";
import { expectFailure } from "../support/expect-failure.ts";
import { freePorts } from "../support/free-ports.ts";
import { type CoreKind, type RunningCore, realCores, startCore } from "../support/real-cores.ts";

const cores = realCores();
const noOpenssl = opensslMissing();
const v2rays = ["v2ray4", "v2ray5", "xray"] as const;

async function start(kind: CoreKind, api: ApiWay): Promise<RunningCore> {
  return startCore(kind, async () => serverConfig(kind, { api, ports: await freePorts("api", "vmess") }));
}

async function reads(core: RunningCore, kind: CoreKind, options: StatsClientOptions = {}): Promise<void> {
  await using client = new StatsClient(core.apiAddress, options);
  assert.equal((await client.detect()).kind, kind);
  const snapshot = await client.snapshot();
  assert.equal(snapshot.get("outbound>>>direct>>>traffic>>>uplink"), 0n);
  assert.equal(snapshot.evidence.endpoint, core.apiAddress);
}

for (const kind of v2rays) {
  const skip = cores[kind].missing;

  test(`${kind} on a Unix socket, by a path and by an abstract name`, { skip, timeout: 120_000 }, async () => {
    const directory = mkdtempSync(join(tmpdir(), "v2ray-stats-socket-"));
    try {
      for (const unix of [join(directory, "api.sock"), `@v2ray-stats-${process.pid}-${kind}`]) {
        await using core = await start(kind, { unix });
        assert.equal(core.apiAddress, `unix:${unix}`);
        await reads(core, kind);
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  test(`${kind} with TLS on its API`, { skip: skip ?? noOpenssl, timeout: 120_000 }, async () => {
    using certificates = makeCertificates();
    const { ca, otherCa, server } = certificates;
    const { certificateFile, keyFile } = server;
    await using core = await start(kind, { tls: { certificateFile, keyFile } });
    await reads(core, kind, { tls: { ca: ca.cert } });
    await reads(core, kind, { tls: { ca: ca.cert, serverName: "core.test" } });

    await using distrustful = new StatsClient(core.apiAddress, { tls: { ca: otherCa.cert } });
    await expectFailure(distrustful.sysStats(), { code: "tls", cause: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
    await using plain = new StatsClient(core.apiAddress.replace("https://", ""));
    await expectFailure(plain.sysStats(), { code: "no-answer", advice: /https:\/\// });
  });
}

test("xray with api.listen", { skip: cores.xray.missing, timeout: 120_000 }, async () => {
  await using core = await start("xray", "listen");
  await reads(core, "xray");
});
