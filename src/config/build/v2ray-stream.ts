import type { ServerTransport, WebSocketOptions } from "./inbound-options.ts";
import type { ClientTls, ClientTransport } from "./outbound-options.ts";

/** The member `streamSettings` of an inbound; none for plain TCP. */
export function serverStream({ tls, webSocket }: ServerTransport): { readonly streamSettings?: object } {
  const settings = tls && { certificates: [{ certificateFile: tls.certificateFile, keyFile: tls.keyFile }] };
  return stream(settings, webSocket);
}

/** The member `streamSettings` of an outbound; none for plain TCP. */
export function clientStream({ tls, webSocket }: ClientTransport): { readonly streamSettings?: object } {
  return stream(tls && clientTls(tls), webSocket);
}

function clientTls({ serverName, authorityFile }: ClientTls): object {
  return {
    ...(serverName !== undefined && { serverName }),
    ...(authorityFile !== undefined && { certificates: [{ usage: "verify", certificateFile: authorityFile }] }),
  };
}

function stream(
  tlsSettings: object | undefined,
  webSocket: WebSocketOptions | undefined,
): { readonly streamSettings?: object } {
  if (tlsSettings === undefined && webSocket === undefined) return {};
  return {
    streamSettings: {
      ...(webSocket ? { network: "ws", wsSettings: { path: webSocket.path ?? "/" } } : { network: "tcp" }),
      ...(tlsSettings && { security: "tls", tlsSettings }),
    },
  };
}
