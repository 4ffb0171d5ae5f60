import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { managerCommand } from "../../src/cli/commands/manager.ts";
import type { CliContext } from "../../src/cli/context.ts";
import { createProgram } from "../../src/cli/program.ts";
import { UsageError } from "../../src/cli/usage-error.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { ManagerClient } from "../../src/manager/index.ts";
import { startEmbeddedCore } from "../../src/testing/embedded-core.ts";
import { makeCertificates, opensslMissing } from "../support/certificates.ts";
import { serverConfig } from "../support/configs.ts";
import { startCollector } from "../support/running-collector.ts";
import { until } from "../support/until.ts";

const down = "user>>>auser>>>traffic>>>downlink";
const apiKey = "k3y-of-the-bot";

interface Run extends AsyncDisposable {
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<unknown>;
  stop(): Promise<unknown>;
  /** Nobody reads standard output any more. */
  hangUp(): void;
}

/** The command in this process; it ends as a signal ends it. */
function run(...args: readonly string[]): Run {
  const stop = new AbortController();
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const texts = [stdout, stderr].map((stream) => {
    let text = "";
    stream.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    return () => text;
  });
  const streams = { stdin: process.stdin, stdout, stderr } as unknown as Pick<
    CliContext,
    "stdin" | "stdout" | "stderr"
  >;
  const context = { version: "0", ...streams, signal: stop.signal };
  const program = createProgram(context);
  if (!program.commands.some((command) => command.name() === "manager")) program.addCommand(managerCommand(context));
  const ended = program.parseAsync(["manager", "serve", ...args], { from: "user" });
  ended.catch(() => undefined);
  const [out = () => "", err = () => ""] = texts;
  return {
    stdout: out,
    stderr: err,
    ended,
    stop() {
      stop.abort();
      return ended;
    },
    hangUp: () => void stdout.emit("error", Object.assign(new Error("write EPIPE"), { code: "EPIPE" })),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended.catch(() => undefined);
    },
  };
}

function config(...users: string[]): string {
  return JSON.stringify(serverConfig("xray", { ports: { api: 10_085, vmess: 10_001 }, users }).json);
}

test("manager serve collects, answers, follows the configuration, resets, and ends well", async () => {
  const directory = mkdtempSync(join(tmpdir(), "v2ray-stats-manager-"));
  const [file, keyFile, db] = ["config.json", "api-keys", "usage.db"].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  try {
    await using core = await startEmbeddedCore({ dialect: "xray" });
    core.advanceClock(3600);
    writeFileSync(file, config("auser"));
    writeFileSync(keyFile, `# who may ask\nbot ${apiKey}\n\nsecond-key\n`);
    await using serving = run(
      ...["--node", `fra-1=${core.address}`, "--db", db, "--core-config", file, "--core", "xray"],
      ...["--key-file", keyFile, "--listen", "127.0.0.1:0", "--interval", "30ms", "--max-age", "50ms"],
    );
    await Promise.race([until(() => serving.stdout().includes("recording")), serving.ended]);
    const [, url = ""] = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/m.exec(serving.stdout()) ?? [];
    const client = new ManagerClient(url, { apiKey });
    const total = async (id: string): Promise<bigint | undefined> => {
      const stats = await client.getKeyTrafficStats(id);
      return stats?.traffic.kind === "traffic" ? stats.traffic.totalBytes : undefined;
    };
    core.add(down, 500n);
    await until(async () => (await total("auser")) === 500n);
    assert.equal(await total("buser"), undefined);
    writeFileSync(file, config("auser", "buser"));
    await until(async () => (await total("buser")) === 0n);
    core.add(down, 20n);
    assert.equal((await client.resetKeyTraffic("auser")).previousTotalBytes, 520n);
    assert.equal(await total("auser"), 0n);
    // In the middle of its polls as well, which come every 30 ms.
    for (let at = 0; at < 40; at++) {
      core.add(down, 1n);
      assert.equal((await client.resetKeyTraffic("auser")).previousTotalBytes, 1n);
    }
    core.add(down, 3n);
    await until(async () => (await total("auser")) === 3n);
    await assert.rejects(new ManagerClient(url, { apiKey: "wrong" }).getTrafficStats(), { reason: "unauthorized" });
    assert.doesNotMatch(serving.stdout(), /claim-lost|standby|unrecorded/, "the reset took nothing from the collector");
    await serving.stop();
    await assert.rejects(client.getTrafficStats(), { reason: "unreachable" });
    assert.equal(serving.stderr(), "");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test("where another collector records the node, a reset takes its reading all the same", async () => {
  const directory = mkdtempSync(join(tmpdir(), "v2ray-stats-manager-"));
  try {
    await using core = await startEmbeddedCore({ dialect: "xray" });
    const [file, db] = [join(directory, "config.json"), join(directory, "usage.db")];
    writeFileSync(file, config("auser"));
    await using ledger = await openSqliteLedger(db);
    // A poll an hour: what comes is of the reset.
    const nodes = [{ name: "fra-1", core: core.address }];
    await using collector = startCollector({ nodes, ledger, intervalMs: 3_600_000 });
    await collector.tells("fra-1", "recording");
    const args = ["--node", `fra-1=${core.address}`, "--db", db, "--core-config", file, "--listen", "127.0.0.1:0"];
    await using serving = run(...args);
    await Promise.race([until(() => serving.stdout().includes("standby")), serving.ended]);
    const [, url = ""] = /(http:\S+)/.exec(serving.stdout()) ?? [];
    core.add(down, 500n);
    const client = new ManagerClient(url, { apiKey: "any" });
    assert.equal((await client.resetKeyTraffic("auser")).previousTotalBytes, 500n);
    await core.stop();
    assert.equal(serving.stderr(), "");
    await assert.rejects(client.resetKeyTraffic("auser"), { status: 503 });
    assert.match(serving.stderr(), /^v2ray-stats: connection refused at \S+\. Is the core running/, "the log says why");
    assert.equal((await ledger.generations()).length, 1);
    serving.hangUp();
    await serving.ended; // as `manager serve | head` wants
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test("an API key of the environment is taken; one in a flag as well, and is warned of", async () => {
  const directory = mkdtempSync(join(tmpdir(), "v2ray-stats-manager-"));
  const before = process.env.V2RAY_STATS_MANAGER_KEY;
  try {
    await using core = await startEmbeddedCore({ dialect: "xray" });
    const file = join(directory, "config.json");
    writeFileSync(file, config("auser"));
    const args = ["--node", `fra-1=${core.address}`, "--db", join(directory, "usage.db"), "--core-config", file];
    const serve = async (...more: string[]): Promise<{ readonly statuses: number[]; readonly stderr: string }> => {
      await using serving = run(...args, "--listen", "127.0.0.1:0", "--no-collect", ...more);
      await Promise.race([until(() => serving.stdout().includes("listening")), serving.ended]);
      const [, url = ""] = /(http:\S+)/.exec(serving.stdout()) ?? [];
      const statuses: number[] = [];
      for (const key of ["of-the-environment", "of-the-flag", "wrong"])
        statuses.push((await fetch(`${url}/api/keys`, { headers: { "X-API-Key": key } })).status);
      await serving.stop();
      return { statuses, stderr: serving.stderr() };
    };
    assert.deepEqual((await serve()).statuses, [200, 200, 200], "without a key this machine is answered");
    const ofFlag = await serve("--key", "of-the-flag");
    assert.deepEqual(ofFlag.statuses, [401, 200, 401]);
    assert.match(ofFlag.stderr, /^--key shows in the list of processes; --key-file does not\n$/);
    process.env.V2RAY_STATS_MANAGER_KEY = "of-the-environment";
    assert.deepEqual(await serve(), { statuses: [200, 401, 401], stderr: "" });
  } finally {
    if (before === undefined) delete process.env.V2RAY_STATS_MANAGER_KEY;
    else process.env.V2RAY_STATS_MANAGER_KEY = before;
    rmSync(directory, { recursive: true, force: true });
  }
});

// What is served all the same would go on.
test("with a certificate it answers over HTTPS alone; without one other machines are warned of", {
  skip: opensslMissing(),
  timeout: 60_000,
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), "v2ray-stats-manager-"));
  try {
    using certificates = makeCertificates();
    const { server, ca } = certificates;
    const [file, keyFile] = [join(directory, "config.json"), join(directory, "api-keys")];
    writeFileSync(file, config("auser"));
    writeFileSync(keyFile, `${apiKey}\n`);
    const base = ["--node", "fra-1=127.0.0.1:1", "--db", join(directory, "usage.db"), "--core-config", file];
    const serve = (...more: string[]): Run => run(...base, "--no-collect", "--key-file", keyFile, ...more);
    const urlOf = async ({ stdout }: Run): Promise<string> => {
      await until(async () => /listening on \S+\n/.test(stdout()));
      return /listening on (\S+)\n/.exec(stdout())?.[1] ?? "";
    };
    await using secure = serve(
      ...["--listen", "127.0.0.1:0", "--listen-cert", server.certificateFile, "--listen-key", server.keyFile],
    );
    const url = await urlOf(secure);
    assert.match(url, /^https:/);
    const client = new ManagerClient(url, { apiKey, tls: { ca: ca.cert } });
    // There is no core, which only an answer can tell.
    await assert.rejects(client.getTrafficStats(), { reason: "server-error", status: 503 });
    await assert.rejects(new ManagerClient(url, { apiKey }).getTrafficStats(), { reason: "tls" });
    const plain = new ManagerClient(url.replace("https:", "http:"), { apiKey });
    await assert.rejects(plain.getTrafficStats(), { reason: "connection-lost" });
    assert.doesNotMatch(secure.stderr(), /plain HTTP/);
    await using open = serve("--listen", "0.0.0.0:0");
    await urlOf(open);
    await until(async () => open.stderr().includes("is plain HTTP: give --listen-cert and --listen-key"));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test("what cannot be served is wrong use, told before anything is listened on", { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), "v2ray-stats-manager-"));
  try {
    const file = join(directory, "config.json");
    writeFileSync(file, config("auser"));
    const half = join(directory, "half.json");
    writeFileSync(half, '{"inbounds": [{"password": "hunter2"');
    const three = join(directory, "three");
    writeFileSync(three, "a key of-four words\n");
    const base = ["--node", "fra-1=127.0.0.1:1", "--db", join(directory, "usage.db")];
    const withConfig = [...base, "--core-config", file];
    const wrong: readonly (readonly [readonly string[], RegExp])[] = [
      [base, /--core-config, or with --keys/],
      [[...base, "--core-config", half], /the keys cannot be read at .*half\.json:1/],
      [[...base, "--keys", join(directory, "no")], /ENOENT/],
      [[...withConfig, "--node", "b=127.0.0.1:2"], /one core/],
      [[...withConfig, "--listen", "0.0.0.0:0"], /give API keys/],
      [[...withConfig, "--listen", "8000"], /not an address to listen at: 8000/],
      [[...withConfig, "--tz", "Mars/Base"], /time zone/],
      [[...withConfig, "--cors-origin", "panel.example"], /"panel.example"; one is https:/],
      [[...withConfig, "--cors-origin", "https://panel.example/"], /not the origin/],
      [[...withConfig, "--rate-limit", "often"], /--rate-limit is a number/],
      [[...withConfig, "--key-file", join(directory, "no")], /--key-file/],
      [[...withConfig, "--key-file", three], /a line of --key-file/],
      [[...withConfig, "--listen-cert", file], /HTTPS needs both/],
      [[...withConfig, "--listen-cert", file, "--listen-key", file], /not a certificate and its key/],
    ];
    for (const [args, message] of wrong) {
      const refused = run(...args);
      await assert.rejects(refused.ended, (error: Error) => {
        assert.ok(error instanceof UsageError, `${error}`);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      });
      assert.deepEqual([refused.stdout(), refused.stderr()], ["", ""]);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
