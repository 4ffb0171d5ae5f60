import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { buffer } from "node:stream/consumers";
import { create, type DescMethod, fromBinary, toBinary } from "@bufbuild/protobuf";
import { longestTimerMs } from "../internal/timer-ms.ts";
import type { CoreProcess } from "./core-process.ts";
import type { DialectRules, EmbeddedRequest } from "./dialect.ts";
import type { Fault, FaultQueue } from "./fault.ts";
import { GrpcStatus, grpcCode } from "./grpc-status.ts";
import {
  answerType,
  checkContentType,
  checkHttpMethod,
  frame,
  type MethodPath,
  parsePath,
  parseTimeout,
  refuse,
  sendBody,
  sendPart,
  sendStatus,
  unframe,
} from "./grpc-wire.ts";
import type { IncomingCall } from "./listener.ts";
import { handlers, type StatsMethod } from "./stats-service.ts";

/** A call that reached the embedded core. */
export interface EmbeddedCall {
  /** The service's full name, such as `v2ray.core.app.stats.command.StatsService`. */
  readonly service: string;
  /** The method's name, such as `QueryStats`. */
  readonly method: string;
  /** The fields of the request; `undefined` for a service or method that the core does not have. */
  readonly request: EmbeddedRequest | undefined;
}

/** The core that a call meets. */
export interface CallTarget {
  readonly rules: DialectRules;
  readonly services: ReadonlyMap<string, ReadonlyMap<string, DescMethod>>;
  readonly faults: FaultQueue;
  /** The process of this moment. */
  readonly process: () => CoreProcess;
  readonly record: (call: EmbeddedCall) => void;
}

/** What to send: an answer's body, a status alone, nothing for ever, or the end of the connection. */
type Reply = Uint8Array | GrpcStatus | "silence" | "hang-up";

/** Answers one call as the core would, or as the next fault says. */
export async function answerCall(target: CallTarget, call: IncomingCall): Promise<void> {
  const { stream, headers, socket } = call;
  // A client may leave at any time.
  stream.on("error", () => {});
  let fault: Fault = {};
  let reply: Reply;
  try {
    startDeadline(stream, readHeaders(target.rules, headers));
    const path = parsePath(headers[":path"] ?? "", target.rules.badPathCode);
    fault = target.faults.take(path.method);
    reply = fault.noAnswer ? "hang-up" : await serve(target, fault, call, path);
  } catch (error) {
    if (!(error instanceof GrpcStatus)) throw error;
    reply = error;
  }
  if (reply === "silence" || isGone(stream)) return;
  if (fault.latencyMs !== undefined) await wait(fault.latencyMs, stream);
  if (isGone(stream)) return;
  const contentType = answerType(headers["content-type"]);
  if (reply instanceof Uint8Array) {
    if (fault.cutAfterBytes === undefined) sendBody(stream, contentType, reply);
    else sendPart(stream, contentType, reply.subarray(0, fault.cutAfterBytes), () => socket.end());
  } else if (reply === "hang-up" || fault.cutAfterBytes !== undefined) socket.end();
  else if (reply.httpStatus === 200 || target.rules.modernGrpc) sendStatus(stream, contentType, reply);
  else refuse(stream);
}

/** Reads the request and acts on it. */
async function serve(
  target: CallTarget,
  fault: Fault,
  { stream, headers }: IncomingCall,
  path: MethodPath,
): Promise<Reply> {
  const method = findMethod(target, fault, path);
  // As measured on all four: a request that ends with its headers is waited for, for ever.
  if (stream.endAfterHeaders) return "silence";
  const body = await receive(stream);
  if (body === undefined) return "silence";
  const request = decode(method, unframe(body, headers["grpc-encoding"]));
  target.record({ ...path, request });
  if (fault.hang) await target.faults.hang();
  if (fault.status !== undefined) return new GrpcStatus(fault.status.code, fault.status.message);
  const process = target.process();
  const state = { process, rules: target.rules, hasStats: !fault.noStats };
  const answer = handlers[method.name as StatsMethod](state, request);
  if (answer === undefined) return "silence";
  const reply = fault.rawAnswer ?? frame(toBinary(method.output, create(method.output, answer)));
  process.noteWork(reply.length);
  return reply;
}

function findMethod({ services, record }: CallTarget, fault: Fault, { service, method: name }: MethodPath): DescMethod {
  const methods = fault.noService ? undefined : services.get(service);
  const method = methods?.get(name);
  if (method !== undefined) return method;
  record({ service, method: name, request: undefined });
  throw new GrpcStatus(
    grpcCode.unimplemented,
    methods === undefined ? `unknown service ${service}` : `unknown method ${name} for service ${service}`,
  );
}

/** The request's body; `undefined` when the client left before its end. */
async function receive(stream: ServerHttp2Stream): Promise<Buffer | undefined> {
  try {
    return await buffer(stream);
  } catch {
    return undefined;
  }
}

function decode(method: DescMethod, message: Uint8Array): EmbeddedRequest {
  try {
    const { $typeName, $unknown, ...fields } = fromBinary(method.input, message);
    return fields;
  } catch (error) {
    throw new GrpcStatus(grpcCode.internal, `grpc: error unmarshalling request: ${(error as Error).message}`);
  }
}

/** Milliseconds that the caller gives, where the core minds; `undefined` without a limit. */
function readHeaders({ modernGrpc }: DialectRules, headers: IncomingHttpHeaders): number | undefined {
  if (modernGrpc) checkHttpMethod(headers[":method"]);
  checkContentType(headers["content-type"]);
  const timeoutMs = parseTimeout(headers["grpc-timeout"]);
  return modernGrpc ? timeoutMs : undefined;
}

/** When the caller's time is up, the stream is reset and no trailers come. */
function startDeadline(stream: ServerHttp2Stream, timeoutMs: number | undefined): void {
  if (timeoutMs === undefined) return;
  if (timeoutMs === 0) throw new GrpcStatus(grpcCode.deadlineExceeded, "context deadline exceeded");
  const timer = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), Math.min(timeoutMs, longestTimerMs));
  stream.once("close", () => clearTimeout(timer));
}

function isGone(stream: ServerHttp2Stream): boolean {
  return stream.destroyed || stream.closed;
}

/** Waits, at most until the stream closes. */
function wait(ms: number, stream: ServerHttp2Stream): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    stream.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
