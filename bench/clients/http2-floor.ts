// node:http2 alone, the body dropped: nothing on Node can read an answer for less.
import { connect } from "node:http2";
import { measure } from "./measure.ts";

await measure((address) => {
  const session = connect(`http://${address}`, { peerMaxConcurrentStreams: 1000 });

  function call(method: string, message: Uint8Array): Promise<number> {
    const request = session.request({
      ":method": "POST",
      ":path": `/v2ray.core.app.stats.command.StatsService/${method}`,
      "content-type": "application/grpc",
      te: "trailers",
    });
    const frame = Buffer.alloc(5 + message.length);
    frame.writeUInt32BE(message.length, 1);
    frame.set(message, 5);
    request.end(frame);
    return new Promise((resolve, reject) => {
      let bytes = 0;
      let status: unknown;
      request.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      request.on("trailers", (trailers) => {
        status = trailers["grpc-status"];
      });
      request.on("close", () => (status === "0" ? resolve(bytes) : reject(new Error(`grpc-status ${status}`))));
      request.on("error", reject);
    });
  }

  return {
    async poll() {
      await call("QueryStats", new Uint8Array(0));
      return {};
    },
    get(name) {
      const text = Buffer.from(name);
      return call("GetStats", Buffer.concat([Buffer.of(10, text.length), text]));
    },
  };
});
