import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { StatsService } from "../../src/gen/v2ray/core/app/stats/command/command_pb.ts";
import { StatsService as XrayStatsService } from "../../src/gen/xray/app/stats/command/command_pb.ts";

export const v2rayService: string = StatsService.typeName;
export const xrayService: string = XrayStatsService.typeName;

/** What a core says to one call that nothing of ours has touched. */
export type RawAnswer<Output extends DescMessage> =
  | { readonly answer: MessageShape<Output> }
  | { readonly code: number; readonly text: string };

/** The cores' methods, for {@link rawCall}; V2Ray's descriptions go first, they know all fields of a request. */
export const methods = { ...XrayStatsService.method, ...StatsService.method };

/** The method under another name: the service's full name and its own. */
export function renamed<Input extends DescMessage, Output extends DescMessage>(
  method: DescMethodUnary<Input, Output>,
  service: string,
  name: string = method.name,
): DescMethodUnary<Input, Output> {
  return { ...method, name, parent: { ...method.parent, typeName: service } };
}

/** Makes one call with Connect's own client, on a connection of its own. */
export async function rawCall<Input extends DescMessage, Output extends DescMessage>(
  address: string,
  method: DescMethodUnary<Input, Output>,
  request: MessageInitShape<Input>,
  signal: AbortSignal = AbortSignal.timeout(30_000),
): Promise<RawAnswer<Output>> {
  const baseUrl = `http://${address}`;
  const sessionManager = new Http2SessionManager(baseUrl);
  const transport = createGrpcTransport({ baseUrl, sessionManager });
  try {
    const { message } = await transport.unary(method, signal, undefined, undefined, request);
    return { answer: message };
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    return { code, text: rawMessage };
  } finally {
    sessionManager.abort();
  }
}
