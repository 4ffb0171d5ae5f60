import { connect, type IncomingHttpHeaders } from "node:http2";
import type { TestContext } from "node:test";
import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import {
  type QueryStatsRequestSchema,
  StatsService as V2RayService,
} from "../../src/gen/v2ray/core/app/stats/command/command_pb.ts";
import { StatsService as XrayService } from "../../src/gen/xray/app/stats/command/command_pb.ts";
import { type EmbeddedCore, type EmbeddedCoreOptions, startEmbeddedCore } from "../../src/testing/index.ts";

export const v2ray = V2RayService.typeName;
export const xray = XrayService.typeName;
export const alice = "user>>>alice@example.com>>>traffic>>>downlink";
export const bob = "user>>>bob>>>traffic>>>uplink";
export const api = "inbound>>>api>>>traffic>>>uplink";

/** A core that ends with the test. */
export async function startCore(t: TestContext, options: EmbeddedCoreOptions): Promise<EmbeddedCore> {
  const core = await startEmbeddedCore(options);
  t.after(() => core.close());
  return core;
}

/** Connect's own gRPC clients for both services, on one connection that ends with the test. */
export function connectClients(
  t: TestContext,
  core: EmbeddedCore,
): { readonly v2ray: Client<typeof V2RayService>; readonly xray: Client<typeof XrayService> } {
  const baseUrl = `http://${core.address}`;
  const sessionManager = new Http2SessionManager(baseUrl);
  t.after(() => sessionManager.abort());
  const transport = createGrpcTransport({ baseUrl, sessionManager });
  return { v2ray: createClient(V2RayService, transport), xray: createClient(XrayService, transport) };
}

/** QueryStats as `name=value`, sorted. */
export async function query(
  client: Client<typeof V2RayService>,
  request: MessageInitShape<typeof QueryStatsRequestSchema> = {},
): Promise<string[]> {
  const { stat } = await client.queryStats(request);
  return stat.map(({ name, value }) => `${name}=${value}`).sort();
}

/** Waits for a state that the core reaches in its own time. */
export async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise((resolve) => setImmediate(resolve));
}

/** A message with its length prefix. */
export function framed<Schema extends DescMessage>(schema: Schema, init: MessageInitShape<Schema>): Buffer {
  const message = toBinary(schema, create(schema, init));
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

export const emptyMessage: Buffer = Buffer.alloc(5);

/** What came of a raw call. */
export interface RawAnswer {
  readonly headers: IncomingHttpHeaders | undefined;
  readonly trailers: IncomingHttpHeaders | undefined;
  readonly body: Buffer;
  /** Whether the answer was one frame of headers. */
  readonly trailersOnly: boolean;
  readonly streamError: unknown;
  readonly sessionError: unknown;
  /** Codes of GOAWAY frames. */
  readonly goaways: readonly number[];
  /** Whether the server ever spoke HTTP/2. */
  readonly greeted: boolean;
}

/** Options of {@link rawCall}. */
export interface RawOptions {
  readonly body?: Buffer | "none";
  readonly headers?: Readonly<Record<string, string>>;
}

/** One call on a connection of its own with `node:http2`, which hides nothing. */
export function rawCall(core: EmbeddedCore, path: string, options: RawOptions = {}): Promise<RawAnswer> {
  const { body = emptyMessage, headers = {} } = options;
  const { promise, resolve } = Promise.withResolvers<RawAnswer>();
  const session = connect(`http://${core.address}`);
  const chunks: Buffer[] = [];
  const goaways: number[] = [];
  let [received, trailers]: (IncomingHttpHeaders | undefined)[] = [];
  let [trailersOnly, greeted] = [false, false];
  let [streamError, sessionError]: unknown[] = [];
  session.on("error", (error) => {
    sessionError = error;
  });
  session.on("goaway", (code) => goaways.push(code));
  session.on("remoteSettings", () => {
    greeted = true;
  });
  const stream = session.request(
    { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers", ...headers },
    { endStream: body === "none" },
  );
  stream.on("response", (value, flags) => {
    received = value;
    trailersOnly = (flags & 1) === 1;
  });
  stream.on("trailers", (value) => {
    trailers = value;
  });
  stream.on("data", (chunk) => chunks.push(chunk));
  stream.on("error", (error) => {
    streamError = error;
  });
  stream.on("close", () => session.close());
  session.on("close", () => {
    const answer = { headers: received, trailers, body: Buffer.concat(chunks), trailersOnly };
    resolve({ ...answer, streamError, sessionError, goaways, greeted });
  });
  if (body !== "none") stream.end(body);
  return promise;
}
