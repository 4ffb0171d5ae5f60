// What is at the address is no manager, or one that cannot answer: the error says so, in time and without the key.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createTcpServer } from "node:net";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { inspect } from "node:util";
import {
  ManagerClient,
  type ManagerClientOptions,
  ManagerError,
  type ManagerErrorReason,
} from "../../src/manager/index.ts";
import { freePorts } from "../support/free-ports.ts";
import { openServer } from "../support/raw-servers.ts";
import { type Answer, apiKey, id, sample, startManager } from "./manager-client-server.ts";

interface Expected {
  readonly reason: ManagerErrorReason;
  readonly message?: RegExp;
  readonly status?: number | undefined;
  readonly detail?: string;
  readonly retryAfterMs?: number;
}

/** Reasons that all errors of the package know; what a manager said has the code `manager`. */
const ownCodes: ReadonlySet<ManagerErrorReason> = new Set([
  ...(["unreachable", "connection-lost", "timeout", "tls", "malformed", "too-large", "unsupported"] as const),
]);

async function expectManagerError(call: Promise<unknown>, expected: Expected): Promise<ManagerError> {
  const error = await call.then(
    (answer) => assert.fail(`it answered ${inspect(answer)}`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ManagerError, inspect(error));
  assert.equal(error.reason, expected.reason, error.message);
  assert.equal(error.code, ownCodes.has(error.reason) ? error.reason : "manager");
  assert.match(error.message, expected.message ?? /./);
  assert.doesNotMatch(error.message, /[\r\n]/);
  assert.match(error.advice ?? "", /./);
  assert.match(error.request, /^(GET|POST) \//);
  assert.ok(!inspect(error, { depth: 9 }).includes(apiKey), "the key shows");
  for (const each of ["status", "detail", "retryAfterMs"] as const) {
    if (each in expected) assert.equal(error[each], expected[each]);
  }
  return error;
}

const redirect: Answer = [302, "", { location: "/api/traffic/simple?from=here" }];
const bad: Readonly<Record<string, readonly [Answer, Expected]>> = {
  HTML: [
    "<!doctype html><title>Panel</title>",
    { reason: "malformed", message: /it is HTML or XML, 35 bytes/, status: 200 },
  ],
  "half a JSON": [sample("simple-traffic").slice(0, 900), { reason: "malformed", message: /no whole JSON, 900 bytes/ }],
  "an empty body": ["", { reason: "malformed", message: /empty/ }],
  "bytes that are no text": [
    (_request, response) => response.end(Buffer.from([0xff, 0xfe, 0x7b])),
    { reason: "malformed", message: /no whole JSON/ },
  ],
  "JSON nested too deep": ["[".repeat(1_000_000) + "]".repeat(1_000_000), { reason: "malformed" }],
  "JSON of another program": ['{"version":"1.2"}', { reason: "malformed", message: /expected .* at data/ }],
  "a list for an object": ['{"status":"success","data":{"ports":[]}}', { reason: "malformed", message: /data\.ports/ }],
  "a 200 that says error": [
    '{"status":"error","message":"the monitor is off"}',
    { reason: "refused", status: 200, detail: "the monitor is off", message: /the monitor is off/ },
  ],
  "a 200 that says error and no more": ['{"status":"error"}', { reason: "refused", message: /did not succeed/ }],
  "a redirect to itself": [redirect, { reason: "redirected", status: 302, message: /to \/api\/traffic\/simple$/ }],
  "10 MB of junk": ["j".repeat(10_000_000), { reason: "too-large", message: /maxBytes 4194304/ }],
  "a broken connection": [(_request, response) => response.destroy(), { reason: "connection-lost" }],
  "a connection that breaks in the middle": [
    (_request, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write('{"status":', () => response.destroy());
    },
    { reason: "connection-lost", status: undefined },
  ],
  "a wrong key": [[401, sample("error-401")], { reason: "unauthorized", status: 401, message: /Invalid API key/ }],
  "a key that shows in the answer": [
    [401, JSON.stringify({ detail: `Invalid API key: ${apiKey}` })],
    { reason: "unauthorized", detail: "Invalid API key: …" },
  ],
  "a key without the right": [[403, "no"], { reason: "forbidden", status: 403 }],
  "too many requests": [
    [429, '{"error":"Rate limit exceeded: 5 per 1 minute"}', { "retry-after": "7" }],
    { reason: "rate-limited", retryAfterMs: 7000, detail: "Rate limit exceeded: 5 per 1 minute" },
  ],
  "an error of the server": [[500, sample("error-500")], { reason: "server-error", message: /database is locked/ }],
  "a proxy's own error": [[502, "<html>bad\u001b[2J\ngateway"], { reason: "server-error", status: 502 }],
  "an inactive key": [
    [400, '{"detail":"Key is\\n\\u001b[31minactive"}'],
    { reason: "refused", message: /Key is \\x1b\[31minactive/ },
  ],
  "FastAPI's validation": [[422, '{"detail":[{"loc":["path","key_id"]}]}'], { reason: "refused", message: /key_id/ }],
  "an endless error": [
    (_request, response) => {
      response.writeHead(503);
      const more = (): void => {
        while (!response.destroyed && response.write("e".repeat(10_000)));
      };
      response.on("drain", more);
      more();
    },
    { reason: "server-error", status: 503 },
  ],
};

for (const [name, [answer, expected]] of Object.entries(bad)) {
  test(name, async () => {
    await using manager = await startManager({ "/traffic/simple": answer });
    const logged: string[] = [];
    const client = manager.client({ logger: { warn: (message) => logged.push(message) } });
    const error = await expectManagerError(client.getTrafficStats(), expected);
    assert.deepEqual(logged, [error.message]);
    assert.deepEqual(manager.asked, ["GET /api/traffic/simple"], "no other generation is asked, no redirect followed");
  });
}

test("junk is not read further than the limit", async () => {
  let sent = 0;
  let ended = (): void => {};
  const over = new Promise<void>((resolve) => {
    ended = resolve;
  });
  await using manager = await startManager({
    "/traffic/simple": (_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 32))) sent += 65_536;
        sent += 65_536;
      };
      response.on("drain", more).on("close", ended);
      more();
    },
  });
  await expectManagerError(manager.client({ maxBytes: 100_000 }).getTrafficStats(), { reason: "too-large" });
  await over;
  assert.ok(sent < 50_000_000, `${sent} bytes were sent of an endless answer`);
});

const hanging: Readonly<Record<string, Answer>> = {
  "no answer": () => {},
  "headers and no body": (_request, response) => response.flushHeaders(),
  "a body that drips without end": (_request, response) => {
    const drip = setInterval(() => response.write(" "), 5);
    response.on("close", () => clearInterval(drip));
  },
};

for (const [name, answer] of Object.entries(hanging)) {
  test(`${name} ends at the deadline`, async () => {
    await using manager = await startManager({ "/traffic/simple": answer });
    await expectManagerError(manager.client({ timeoutMs: 100 }).getTrafficStats(), {
      reason: "timeout",
      message: /^GET \/traffic\/simple at http:.*\/api: no whole answer within 100 ms$/,
    });
    await expectManagerError(manager.client().getTrafficStats({ timeoutMs: 50 }), { reason: "timeout" });
  });
}

test("a reset of which nothing was sent does not say that it may have taken effect", async () => {
  // Nothing but a hello came before this server hangs up.
  const server = createTcpServer((socket) => void socket.once("data", () => socket.destroy())).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as import("node:net").AddressInfo;
    const client = new ManagerClient(`https://127.0.0.1:${port}`, { apiKey });
    const error = await expectManagerError(client.resetKeyTraffic(id), { reason: "unreachable" });
    assert.doesNotMatch(error.advice ?? "", /taken effect/);
  } finally {
    server.close();
  }
});

test("a reset without an answer says that it may have taken effect", async () => {
  const path = `/keys/${id}/traffic/simple/reset`;
  await using manager = await startManager({ [path]: (_request, response) => response.destroy() });
  const broken = await expectManagerError(manager.client().resetKeyTraffic(id), { reason: "connection-lost" });
  assert.match(broken.advice ?? "", /may have taken effect/);
  manager.set(path, () => {});
  const call = manager.client({ timeoutMs: 50 }).resetKeyTraffic(id);
  const error = await expectManagerError(call, { reason: "timeout" });
  assert.match(error.advice ?? "", /may have taken effect/);
  assert.equal(error.request, "POST /keys/{id}/traffic/simple/reset", "without the key's id, which may be a secret");
});

test("numbers of one key that make no sense are no answer", async () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['{"status":"success"}', /expected an object at traffic$/],
    ['{"traffic":{}}', /no bytes in the entry$/],
    ['{"traffic":{"total_bytes":-7}}', /expected a number of bytes at total_bytes$/],
    ['{"traffic":{"total_bytes":"716.80 KB"}}', /expected a number of bytes at total_bytes$/],
  ];
  for (const [body, message] of wrong) {
    await using manager = await startManager({ [`/keys/${id}/traffic/simple`]: body });
    await expectManagerError(manager.client().getKeyTrafficStats(id), { reason: "malformed", message });
  }
  await using manager = await startManager({ [`/keys/${id}/traffic`]: '{"version":"1"}' });
  await expectManagerError(manager.client().getKeyTrafficStats(id), { reason: "malformed" });
});

test("nobody listens there", async () => {
  const { port } = await freePorts("port");
  const client = new ManagerClient(`http://127.0.0.1:${port}`, { apiKey });
  const error = await expectManagerError(client.getTrafficStats(), { reason: "unreachable", message: /refused/ });
  assert.equal(error.code, "unreachable");
});

test("there is no such host", async () => {
  const client = new ManagerClient("http://nowhere.invalid", { apiKey });
  await expectManagerError(client.getTrafficStats(), { reason: "unreachable", message: /cannot be reached/ });
});

test("another protocol answers", async () => {
  await using server = await openServer(createTcpServer((socket) => void socket.write("SSH-2.0-OpenSSH_9.2\r\n")));
  const client = new ManagerClient(`http://${server.address}`, { apiKey });
  await expectManagerError(client.getTrafficStats(), { reason: "malformed", message: /not HTTP/ });
});

test("a fetch that shows its headers when it fails does not show the key", async () => {
  const fetch: ManagerClientOptions["fetch"] = async (_url, { headers }) => {
    throw new TypeError("fetch failed", { cause: new Error(`sent ${JSON.stringify(headers)}`) });
  };
  const client = new ManagerClient("http://127.0.0.1:1", { apiKey, fetch });
  await expectManagerError(client.getTrafficStats(), { reason: "connection-lost", message: /…/ });
});

test("a fetch that pays no heed to its signal ends at the deadline all the same", async () => {
  const never = new Promise<never>(() => {});
  const client = new ManagerClient("http://127.0.0.1:1", { apiKey, fetch: () => never, timeoutMs: 20 });
  await expectManagerError(client.getTrafficStats(), { reason: "timeout" });
  const stuck = { getReader: () => ({ read: () => never, cancel: async () => {} }) };
  const answer = { status: 200, headers: new Headers(), body: stuck };
  const second = new ManagerClient("http://127.0.0.1:1", { apiKey, fetch: async () => answer, timeoutMs: 20 });
  await expectManagerError(second.getTrafficStats(), { reason: "timeout" });
});

test("a call that has ended asks nothing more", async () => {
  let calls = 0;
  let fallbacks = 0;
  let cancelled = (): void => {};
  const read = new Promise<{ done: boolean }>((resolve) => {
    cancelled = () => resolve({ done: true });
  });
  const body = { getReader: () => ({ read: () => read, cancel: async () => cancelled() }) };
  const client = new ManagerClient("http://127.0.0.1:1", {
    apiKey,
    timeoutMs: 20,
    fetch: async () => {
      calls++;
      return { status: 404, headers: new Headers(), body };
    },
    onFallback: () => {
      fallbacks++;
    },
  });
  await expectManagerError(client.getTrafficStats(), { reason: "timeout" });
  await read;
  await setImmediate();
  assert.deepEqual([calls, fallbacks], [1, 0]);
});

test("the connection of an aborted call is closed", async () => {
  let closed: Promise<unknown> | undefined;
  await using manager = await startManager({
    "/traffic/simple": (request) => {
      closed = once(request.socket, "close");
    },
  });
  await expectManagerError(manager.client({ timeoutMs: 100 }).getTrafficStats(), { reason: "timeout" });
  assert.ok(closed);
  await closed;
});
