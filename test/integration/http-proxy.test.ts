// What becomes of a request over HTTPS where the environment's proxy does not let it through: nothing was sent.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { globalAgent } from "node:http";
import { createServer, type Socket } from "node:net";
import { test } from "node:test";
import { promisify } from "node:util";
import { openServer } from "../support/raw-servers.ts";

const skip = "proxyEnv" in (globalAgent as unknown as { options: object }).options ? false : "Node.js without proxies";
const program = `
  import { postBody } from "./src/inform/send/post-body.ts";
  import { ManagerClient } from "./src/manager/index.ts";
  const timeoutMs = Number(process.argv[1]);
  const { kind, sent, error } = await postBody("https://hub.invalid/", { body: Buffer.from("x"), timeoutMs });
  console.log(kind, sent, error.code);
  const client = new ManagerClient("https://manager.invalid/api", { apiKey: "k", timeoutMs });
  const { reason, advice } = await client.resetKeyTraffic("1").catch((error) => error);
  console.log(reason, advice);
`;
const tunnel = "HTTP/1.1 200 OK\r\n\r\n";
const notReached = "failed no unreachable\nunreachable Check the address and the network.\n";
const timedOut = "failed no timeout\ntimeout It may have taken effect all the same: read before you try again.\n";

const proxies: readonly (readonly [string, number, (socket: Socket) => void, string])[] = [
  ["says nothing", 500, () => {}, timedOut],
  ["lets through to nobody", 500, (socket) => socket.once("data", () => socket.write(tunnel)), timedOut],
  ["refuses", 30_000, (socket) => socket.once("data", () => socket.end("HTTP/1.1 403 No\r\n\r\n")), notReached],
  ["hangs up", 30_000, (socket) => socket.once("data", () => socket.end()), notReached],
  [
    "lets through to who hangs up",
    30_000,
    (socket) => socket.once("data", () => socket.once("data", () => socket.destroy()).write(tunnel)),
    notReached,
  ],
];
for (const [what, timeoutMs, serve, expected] of proxies)
  test(`where a proxy ${what}, a call ends in time, nothing was sent, and nothing stays open`, { skip }, async () => {
    await using proxy = await openServer(createServer(serve));
    const { NO_PROXY: _upper, no_proxy: _lower, ...rest } = process.env;
    const env = { ...rest, HTTPS_PROXY: `http://${proxy.address}`, NODE_USE_ENV_PROXY: "1" };
    // Ends by itself, or not at all: a connection that is left open keeps it.
    const args = ["--input-type=module", "--no-warnings", "-e", program, String(timeoutMs)];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      env,
      timeout: 60_000,
      killSignal: "SIGKILL",
    });
    assert.equal(stdout, expected);
    assert.equal(proxy.accepted, 2);
  });
