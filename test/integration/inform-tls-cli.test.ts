import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeKey } from "../../src/inform/keys/make-key.ts";
import { updateKeyFile } from "../../src/inform/keys/update-key-file.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { startEmbeddedCore } from "../../src/testing/embedded-core.ts";
import { makeCertificates, opensslMissing } from "../support/certificates.ts";
import { up } from "../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";
import { startCli } from "../support/running-cli.ts";
import { until } from "../support/until.ts";

test("agent and hub talk over TLS with certificates of both, and without ours the agent says so", {
  skip: opensslMissing(),
}, async (context) => {
  const directory = newDirectory();
  context.after(() => removeDirectory(directory));
  const at = (name: string): string => join(directory, name);
  using certificates = makeCertificates();
  const { ca, server, client } = certificates;
  const { text, key } = makeKey("a", ["usage"]);
  await updateKeyFile(at("keys.json"), () => ({ keys: [key], secrets: [] }));
  writeFileSync(at("key"), text, { mode: 0o600 });
  await using core = await startEmbeddedCore({ dialect: "xray" });
  const serverTls = ["--tls-cert", server.certificateFile, "--tls-key", server.keyFile, "--tls-ca", ca.certificateFile];
  const receive = ["inform", "receive", "--listen", "127.0.0.1:0", "--db", at("hub.db"), "--key-file", at("keys.json")];
  await using hub = startCli([...receive, ...serverTls]);
  await until(() => hub.stderr().includes("listening at "));
  const [url = ""] = /https:\S+/.exec(hub.stderr()) ?? [];
  const node = ["--node", `a=${core.address}`, "--db", at("a.db"), "--book-existing", "--interval", "50ms"];
  const send = ["inform", "send", ...node, "--hub", url, "--key-file", at("key"), "--hub-ca", ca.certificateFile];
  core.add(up("alice"), 7n);
  {
    await using stranger = startCli(send);
    await stranger.line(/hub unavailable: /);
    assert.doesNotMatch(hub.stderr(), /merged/);
    await stranger.end("SIGTERM");
  }
  await using agent = startCli([...send, "--hub-cert", client.certificateFile, "--hub-key", client.keyFile]);
  await agent.line(/hub current/);
  await agent.end("SIGTERM");
  await using ledger = await openSqliteLedger(at("hub.db"), { readOnly: true });
  assert.equal((await ledger.totals()).total, 7n);
});
