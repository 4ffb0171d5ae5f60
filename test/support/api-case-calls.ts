import { connect } from "node:http2";
import type { CaseRun } from "./case-run.ts";

/** Asks Reflection for the names of all services; the gRPC status of the answer. */
export function listServices(run: CaseRun): Promise<number> {
  const method = "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
  return call(run, method, [(7 << 3) | 2, 1, "*".charCodeAt(0)]); // list_services = "*"
}

/** Asks HandlerService to take an inbound away; the gRPC status of the answer. */
export function removeInbound(run: CaseRun, tag: string): Promise<number> {
  const core = run.target === "xray" ? "xray" : "v2ray.core";
  const name = Buffer.from(tag);
  return call(run, `${core}.app.proxyman.command.HandlerService/RemoveInbound`, [(1 << 3) | 2, name.length, ...name]);
}

/** Calls a method of the API on port 20000 with a message of less than 256 bytes. */
async function call(run: CaseRun, method: string, message: readonly number[]): Promise<number> {
  const session = connect(`http://127.0.0.1:${run.port(20000)}`);
  try {
    return await new Promise((resolve, reject) => {
      session.on("error", reject);
      const headers = { ":method": "POST", ":path": `/${method}`, te: "trailers", "content-type": "application/grpc" };
      const stream = session.request(headers, { signal: AbortSignal.timeout(20_000) });
      stream.on("error", reject);
      // A call without a body has its status among the headers.
      for (const event of ["response", "trailers"] as const) {
        stream.on(event, (received) => {
          if (received["grpc-status"] !== undefined) resolve(Number(received["grpc-status"]));
        });
      }
      stream.resume().end(Uint8Array.of(0, 0, 0, 0, message.length, ...message));
    });
  } finally {
    session.destroy();
  }
}
