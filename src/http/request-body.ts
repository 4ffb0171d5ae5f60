import type { IncomingMessage } from "node:http";

/** So many bytes wait for a slow reader; then the sender waits. */
const highWaterMark = 256 * 1024;

/**
 * The body of a request that came over Node's HTTP, as a stream of the web. `Readable.toWeb` would end the connection
 * where its reader stops early, and with it the answer that says why.
 */
export function requestBody(message: IncomingMessage): ReadableStream<Uint8Array> {
  let ended = false;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const end = (finish: () => void): void => {
          if (ended) return;
          ended = true;
          finish();
        };
        message.on("data", (chunk: Uint8Array) => {
          if (ended) return;
          controller.enqueue(chunk);
          if ((controller.desiredSize ?? 0) <= 0) message.pause();
        });
        message.once("end", () => end(() => controller.close()));
        message.once("error", (error) => end(() => controller.error(error)));
        message.pause();
      },
      pull() {
        message.resume();
      },
      cancel() {
        ended = true;
        message.pause();
      },
    },
    { highWaterMark, size: (chunk) => chunk.length },
  );
}
