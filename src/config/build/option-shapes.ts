import { type ConfigTarget, configTargets } from "../target.ts";
import { anything, flag, integer, list, type Members, object, oneOf, type Shape, text, variant } from "./shape.ts";
import {
  accountName,
  accountPassword,
  address,
  file,
  key,
  name,
  password,
  port,
  remoteHost,
  requestPath,
  socket,
  uuid,
} from "./value-shapes.ts";

const maxUint32 = 0xffff_ffff;
const methods = ["aes-128-gcm", "aes-256-gcm", "chacha20-ietf-poly1305"];
const keyBytes = new Map([
  ["2022-blake3-aes-128-gcm", 16],
  ["2022-blake3-aes-256-gcm", 32],
]);

const serverTls = { certificateFile: file, keyFile: file };
const webSocket = object({}, { path: requestPath });
const place = { tag: name, host: address };
const serverTransport = { tls: object(serverTls), webSocket };
const clientTransport = { tls: object({}, { serverName: remoteHost, authorityFile: file }), webSocket };
const counting = { scopes: list(oneOf("inbound", "outbound", "user"), 1), blockLoopback: flag };
const route = object({ outbound: name }, { inbounds: list(name, 1), users: list(name, 1) });

/** What the type `StatsConfigOptions` says, for callers whom no compiler told. */
export const configShape: Shape = byTarget((target) =>
  object(
    { target: anything, api: apiShape(target), inbounds: list(inboundShape(target), 1) },
    { ...ownOptions(target), ...counting, outbounds: list(outboundShape(target), 1), routes: list(route) },
  ),
);

/** What the type `StatsBlocksOptions` says, for callers whom no compiler told. */
export const blocksShape: Shape = byTarget((target) => {
  const { blockLoopback, scopes } = counting;
  const required = { target: anything, api: apiShape(target) };
  if (target === "sing-box") {
    const lists = { inbounds: list(name), outbounds: list(name), users: list(name) };
    return object({ ...required, ...lists }, { blockLoopback });
  }
  const levels = list(integer(0, maxUint32), 1);
  return object(required, { ...ownOptions(target), levels, scopes, blockLoopback });
});

function byTarget(shapeOf: (target: ConfigTarget) => Shape): Shape {
  return variant("target", Object.fromEntries(configTargets.map((target) => [target, shapeOf(target)])));
}

/** Whether its shadowsocks has many users, and the methods of 2022. */
function isModern(target: ConfigTarget): boolean {
  return target === "xray" || target === "sing-box";
}

function ownOptions(target: ConfigTarget): Members {
  return target === "xray" ? { version: text("a version such as 26.3.27", () => true), online: flag } : {};
}

function apiShape(target: ConfigTarget): Shape {
  const onPort = { host: address };
  if (target === "sing-box") return object({ port }, onPort);
  const isXray = target === "xray";
  const entrance = { tag: name, inboundTag: name, ...(isXray && { way: oneOf("inbound") }) };
  const tls = object(serverTls, target.startsWith("v2ray5") ? { clientAuthorityFile: file } : {});
  const inbound = object({ port }, { ...onPort, ...entrance, tls });
  const listen = object(
    { port },
    { ...onPort, tag: name, way: oneOf("listen", "inbound"), inboundTag: needsInbound, tls: needsInbound },
  );
  const onSocket = object({ socket }, entrance);
  return (api, at) => {
    const { socket: path, way } = (api ?? {}) as { readonly socket?: unknown; readonly way?: unknown };
    if (path !== undefined) onSocket(api, at);
    else (isXray && way !== "inbound" ? listen : inbound)(api, at);
  };
}

function needsInbound(_: unknown, at: string): never {
  throw new TypeError(`${at} needs api.way "inbound"; Xray's own listener has none`);
}

function inboundShape(target: ConfigTarget): Shape {
  const level = (most: number): Members => (target === "sing-box" ? {} : { level: integer(0, most) });
  const many = isModern(target);
  const idUsers = list(object({ email: name, id: uuid }, level(maxUint32)), 1);
  const user = (secret: Shape): Shape => object({ email: name, password: secret }, level(255));
  const accounts = list(object({ email: accountName, password: accountPassword }), 1);
  const required = { protocol: anything, port };
  const byId = object({ ...required, users: idUsers }, { ...place, ...serverTransport });
  const open = object(required, { ...place, ...level(maxUint32), users: accounts });
  const shadowsocks = methods.map((method) => {
    const users = list(user(password), 1, many ? undefined : 1);
    return [method, object({ ...required, method: anything, users }, place)] as const;
  });
  const shadowsocks2022 = Array.from(many ? keyBytes : [], ([method, bytes]) => {
    const users = list(user(key(bytes)), 1);
    return [method, object({ ...required, method: anything, serverKey: key(bytes), users }, place)] as const;
  });
  return variant("protocol", {
    vmess: byId,
    vless: byId,
    trojan: object({ ...required, users: list(user(password), 1) }, { ...place, ...serverTransport }),
    shadowsocks: variant("method", Object.fromEntries([...shadowsocks, ...shadowsocks2022])),
    socks: open,
    http: open,
  });
}

function outboundShape(target: ConfigTarget): Shape {
  const remote = { protocol: anything, host: remoteHost, port };
  const named = { tag: name };
  const here = object({ protocol: anything }, named);
  const byId = object({ ...remote, id: uuid }, { ...named, ...clientTransport });
  const account = object({ username: accountName, password: accountPassword });
  const proxy = object(remote, { ...named, account });
  const known = [...methods, ...(isModern(target) ? keyBytes.keys() : [])];
  return variant("protocol", {
    freedom: here,
    blackhole: here,
    vmess: byId,
    vless: byId,
    trojan: object({ ...remote, password }, { ...named, ...clientTransport }),
    shadowsocks: object({ ...remote, method: oneOf(...known), password }, named),
    socks: proxy,
    http: proxy,
  });
}
