import assert from "node:assert/strict";
import { test } from "node:test";
import zlib, { deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { supportedEncodings } from "../../../src/inform/content-encoding.ts";
import { BodyError, type BodyErrorReason } from "../../../src/inform/receive/body-error.ts";
import { decompressBody } from "../../../src/inform/receive/decompress-body.ts";
import { compressBody } from "../../../src/inform/send/compress-body.ts";

async function refused(run: Promise<unknown>, reason: BodyErrorReason, status: number): Promise<void> {
  await assert.rejects(run, (error) => {
    assert.ok(error instanceof BodyError, String(error));
    assert.deepEqual([error.reason, error.status], [reason, status], error.message);
    return true;
  });
}

test("what was compressed comes back, up to the limit to the byte", async () => {
  for (const encoding of supportedEncodings) {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 2000 }), async (bytes) => {
        const sent = await compressBody(bytes, encoding);
        assert.deepEqual(Buffer.from(await decompressBody(sent, encoding, bytes.length)), Buffer.from(bytes));
        if (bytes.length > 1) await refused(decompressBody(sent, encoding, bytes.length - 1), "too-large", 413);
      }),
      { numRuns: 30 },
    );
  }
});

test("a bomb is stopped at the limit", async () => {
  const bombs = await Promise.all(
    supportedEncodings.map(
      async (encoding) => [encoding, await compressBody(Buffer.alloc(50_000_000), encoding)] as const,
    ),
  );
  for (const [encoding, bomb] of bombs) {
    const before = process.memoryUsage.rss();
    await refused(decompressBody(bomb, encoding, 1_000_000), "too-large", 413);
    assert.ok(process.memoryUsage.rss() - before < 20_000_000, encoding);
  }
});

test("no encoding, in any letters", async () => {
  for (const encoding of [null, undefined, "", "identity", " GZip "]) {
    const body = encoding === " GZip " ? gzipSync("hello") : Buffer.from("hello");
    assert.equal(Buffer.from(await decompressBody(body, encoding, 10)).toString(), "hello");
  }
});

test("other encodings are refused, and the known ones named", async () => {
  for (const encoding of ["deflate", "br", "gzip, gzip", "gzip,identity", "__proto__"]) {
    const run = decompressBody(deflateSync("hello"), encoding, 10);
    await refused(run, "encoding", 415);
    await assert.rejects(run, { advice: `Use ${supportedEncodings.join(" or ")}.` });
  }
});

test("a body that is cut or is something else", async () => {
  for (const encoding of supportedEncodings.filter((each) => each !== "identity")) {
    const whole = await compressBody(Buffer.from("hello hello hello"), encoding);
    for (let length = 0; length < whole.length; length++) {
      await refused(decompressBody(whole.subarray(0, length), encoding, 100), "truncated", 400);
    }
    await refused(decompressBody(Buffer.from("hello hello hello"), encoding, 100), "damaged", 400);
  }
});

const skip = supportedEncodings.includes("zstd") ? false : "this Node has no zstd";
test("a zstd frame cannot ask for more memory than HTTP allows", { skip }, async () => {
  const compress = zlib.createZstdCompress({ params: { [zlib.constants.ZSTD_c_windowLog]: 27 } });
  const chunks: Buffer[] = [];
  compress.on("data", (chunk: Buffer) => chunks.push(chunk));
  compress.write("a"); // of unknown length, so that the frame names its window
  compress.end("b".repeat(100_000));
  await new Promise((resolve) => compress.on("end", resolve));
  await refused(decompressBody(Buffer.concat(chunks), "zstd", 200_000_000), "damaged", 400);
});
