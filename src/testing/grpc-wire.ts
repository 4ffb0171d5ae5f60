import { constants, type ServerHttp2Stream } from "node:http2";
import { encodeStatusMessage, GrpcStatus, grpcCode } from "./grpc-status.ts";

const prefixBytes = 5;
const maxMessageBytes = 4 << 20;

/** The two parts of a path such as `/package.Service/Method`. */
export interface MethodPath {
  readonly service: string;
  readonly method: string;
}

/**
 * Reads a path.
 *
 * @throws {@link GrpcStatus} with `badPathCode` where it has no second slash.
 */
export function parsePath(path: string, badPathCode: number): MethodPath {
  const text = path.replace(/^\//, "");
  const cut = text.lastIndexOf("/");
  if (cut < 0) throw new GrpcStatus(badPathCode, `malformed method name: ${JSON.stringify(path)}`);
  return { service: text.slice(0, cut), method: text.slice(cut + 1) };
}

/** @throws {@link GrpcStatus} unless it is POST. */
export function checkHttpMethod(method: string | undefined): void {
  if (method === "POST") return;
  const why = `Received a HEADERS frame with :method "${method}" which should be POST`;
  throw new GrpcStatus(grpcCode.internal, why, 405);
}

const grpcType = /^application\/grpc($|[+;])/i;

/** @throws {@link GrpcStatus} unless it is gRPC's. */
export function checkContentType(type = ""): void {
  if (grpcType.test(type)) return;
  throw new GrpcStatus(grpcCode.invalidArgument, `invalid gRPC request content-type "${type}"`, 415);
}

/** The content type of an answer: the request's, where that is gRPC's. */
export function answerType(requestType = ""): string {
  return grpcType.test(requestType) ? requestType.toLowerCase().replace(";", "+") : "application/grpc";
}

const unitMs = new Map([
  ["H", 3_600_000],
  ["M", 60_000],
  ["S", 1000],
  ["m", 1],
  ["u", 1e-3],
  ["n", 1e-6],
]);

/**
 * Reads a `grpc-timeout` header such as `100m`.
 *
 * @returns Milliseconds; `undefined` without the header.
 * @throws {@link GrpcStatus} when it is malformed.
 */
export function parseTimeout(header: string | string[] | undefined): number | undefined {
  if (typeof header !== "string") return undefined;
  const unit = unitMs.get(header.slice(-1));
  const why =
    header.length < 2
      ? "timeout string is too short"
      : header.length > 9
        ? "timeout string is too long"
        : unit === undefined
          ? "timeout unit is not recognized"
          : /^\d+.$/.test(header)
            ? undefined
            : "invalid syntax";
  if (why !== undefined || unit === undefined) {
    throw new GrpcStatus(
      grpcCode.internal,
      `malformed grpc-timeout: transport: ${why}: ${JSON.stringify(header)}`,
      400,
    );
  }
  return Number(header.slice(0, -1)) * unit;
}

/**
 * Takes the first message out of a request's body; more are ignored.
 *
 * @throws {@link GrpcStatus} when there is no whole, plain message.
 */
export function unframe(body: Buffer, encoding: string | string[] | undefined): Buffer {
  if (encoding !== undefined && encoding !== "identity") {
    const why = `grpc: Decompressor is not installed for grpc-encoding ${JSON.stringify(encoding)}`;
    throw new GrpcStatus(grpcCode.unimplemented, why);
  }
  if (body.length < prefixBytes) throw new GrpcStatus(grpcCode.unknown, "EOF");
  const flag = body.readUInt8(0);
  const length = body.readUInt32BE(1);
  if (length > maxMessageBytes) {
    const why = `grpc: received message larger than max (${length} vs. ${maxMessageBytes})`;
    throw new GrpcStatus(grpcCode.resourceExhausted, why);
  }
  if (body.length < prefixBytes + length) throw new GrpcStatus(grpcCode.unknown, "unexpected EOF");
  if (flag === 1) {
    throw new GrpcStatus(grpcCode.internal, "grpc: compressed flag set with identity or empty encoding");
  }
  if (flag > 1) throw new GrpcStatus(grpcCode.internal, `grpc: received unexpected payload format ${flag}`);
  return body.subarray(prefixBytes, prefixBytes + length);
}

/** A message with its length in front. */
export function frame(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** Answers with a body and status 0. */
export function sendBody(stream: ServerHttp2Stream, contentType: string, body: Uint8Array): void {
  stream.respond({ ":status": 200, "content-type": contentType }, { waitForTrailers: true });
  stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0", "grpc-message": "" }));
  stream.end(body);
}

/** Answers with a part of a body and calls `sent` when it is on its way; no end and no trailers follow. */
export function sendPart(stream: ServerHttp2Stream, contentType: string, body: Uint8Array, sent: () => void): void {
  stream.respond({ ":status": 200, "content-type": contentType });
  // Headers go out in the next turn of the event loop, and a write of nothing does not wait for them.
  stream.write(body, () => setImmediate(sent));
}

/** Answers with a status alone, in the headers, as gRPC for Go does where there is no message. */
export function sendStatus(stream: ServerHttp2Stream, contentType: string, status: GrpcStatus): void {
  stream.respond(
    {
      ":status": status.httpStatus,
      "content-type": contentType,
      "grpc-status": `${status.code}`,
      "grpc-message": encodeStatusMessage(status.message),
    },
    { endStream: true },
  );
  // The rest of the request is of no interest.
  stream.resume();
}

/** Resets a stream the way V2Ray 4 does with headers it does not like. */
export function refuse(stream: ServerHttp2Stream): void {
  stream.close(constants.NGHTTP2_PROTOCOL_ERROR);
}
