import assert from "node:assert/strict";
import { getEventListeners, once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, Socket } from "node:net";
import { Readable } from "node:stream";
import { test } from "node:test";
import { BodyError, type BodyErrorReason } from "../../../src/inform/receive/body-error.ts";
import { readBody } from "../../../src/inform/receive/read-body.ts";

const limits = { maxBytes: 10, timeoutMs: 60_000 };

/** A body of these chunks, that then ends, stays open or breaks; counts what was asked of it. */
function bodyOf(chunks: readonly string[], then: "end" | "stay" | "break" = "end") {
  const seen = { pulled: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks[seen.pulled++];
        if (chunk !== undefined) controller.enqueue(Buffer.from(chunk));
        else if (then === "end") controller.close();
        else if (then === "break") controller.error(new Error("socket hang up"));
        else return new Promise(() => {});
      },
      cancel() {
        seen.cancelled = true;
        return new Promise(() => {}); // a source that never finishes must not hold us up
      },
    },
    { highWaterMark: 0 },
  );
  return { body, seen };
}

function headers(length?: number): Headers {
  return new Headers(length === undefined ? {} : { "content-length": `${length}` });
}

async function refused(run: Promise<unknown>, reason: BodyErrorReason, status: number): Promise<void> {
  await assert.rejects(run, (error) => {
    assert.ok(error instanceof BodyError, String(error));
    assert.deepEqual([error.reason, error.status], [reason, status]);
    return true;
  });
}

test("a body is read whole, however it comes", async () => {
  for (const chunks of [[], ["hello"], ["he", "", "l", "lo"], ["0123456789"]]) {
    const text = chunks.join("");
    for (const length of [undefined, text.length]) {
      const { body, seen } = bodyOf(chunks);
      assert.equal(Buffer.from(await readBody({ body, headers: headers(length) }, limits)).toString(), text);
      assert.equal(seen.cancelled, false);
    }
  }
  assert.equal((await readBody({ body: null, headers: headers() }, limits)).length, 0);
  const request = new Request("http://hub.test/", { method: "POST", body: "hello" });
  assert.equal(Buffer.from(await readBody(request, limits)).toString(), "hello");
});

test("a declared length beyond the limit is refused unread", async () => {
  const { body, seen } = bodyOf(["0"], "stay");
  await refused(readBody({ body, headers: headers(11) }, limits), "too-large", 413);
  assert.deepEqual(seen, { pulled: 0, cancelled: true });
});

test("a body that crosses the limit is left there", async () => {
  const { body, seen } = bodyOf(["01234", "56789", "a", "b", "c"], "stay");
  await refused(readBody({ body, headers: headers() }, limits), "too-large", 413);
  assert.deepEqual(seen, { pulled: 3, cancelled: true });
  const lying = bodyOf(["0123456789", "a"], "stay");
  await refused(readBody({ body: lying.body, headers: headers(5) }, limits), "too-large", 413);
});

test("a body that ends or breaks before its end is truncated", async () => {
  await refused(readBody({ body: bodyOf(["hello"]).body, headers: headers(6) }, limits), "truncated", 400);
  await refused(readBody({ body: null, headers: headers(6) }, limits), "truncated", 400);
  await refused(readBody({ body: bodyOf(["hello"], "break").body, headers: headers() }, limits), "truncated", 400);
});

test("a body that does not come in time is left", async () => {
  const { body, seen } = bodyOf(["a"], "stay");
  await refused(readBody({ body, headers: headers() }, { maxBytes: 10, timeoutMs: 20 }), "slow", 408);
  assert.equal(seen.cancelled, true);
});

test("a sender that is gone ends the reading, and no listener stays", async () => {
  const gone = new AbortController();
  const { body, seen } = bodyOf(["a"], "stay");
  const reading = readBody({ body, headers: headers(), signal: gone.signal }, limits);
  gone.abort();
  await refused(reading, "truncated", 400);
  assert.equal(seen.cancelled, true);
  assert.equal(getEventListeners(gone.signal, "abort").length, 0);
  const early = bodyOf(["a"], "stay");
  await refused(readBody({ body: early.body, headers: headers(), signal: gone.signal }, limits), "truncated", 400);
});

test("a connection that breaks within a body, declared or in chunks", async () => {
  const results: Promise<Uint8Array>[] = [];
  const server = createServer((request) => {
    const source = {
      body: Readable.toWeb(request) as ReadableStream<Uint8Array>,
      headers: new Headers(request.headers as Record<string, string>),
    };
    results.push(readBody(source, { maxBytes: 100, timeoutMs: 60_000 }));
    request.once("data", () => socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  let socket = new Socket();
  for (const head of ["Content-Length: 50\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"]) {
    socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.write(`POST / HTTP/1.1\r\nHost: hub.test\r\n${head}`);
    await once(server, "request");
    await refused(results.at(-1) as Promise<Uint8Array>, "truncated", 400);
  }
  server.close();
});
