import fc from "fast-check";
import type { StatsConfigOptions } from "../../src/config/build/build-options.ts";
import type { ConfigTarget } from "../../src/config/target.ts";

/** The files that a core reads. */
export interface BuildFiles {
  readonly ca: { readonly certificateFile: string };
  readonly server: { readonly certificateFile: string; readonly keyFile: string };
}

/** Names of files that are not there, for who starts no core. */
export const namedFiles: BuildFiles = {
  ca: { certificateFile: "ca.pem" },
  server: { certificateFile: "server.pem", keyFile: "server.key" },
};

/** What options are made of that only a real core asks for. */
export interface BuildGround {
  readonly certificates: BuildFiles;
  /** Leaves out what keeps traffic from flowing to a target on this machine: blackholes, remote servers, loopback rules. */
  readonly flowing: boolean;
}

/** Options of any kind that a target's type allows; ports are 20000 for the API and 20001 to 20009. */
export function anyConfigOptions(target: ConfigTarget, ground: BuildGround): fc.Arbitrary<StatsConfigOptions> {
  return names.chain((emails) => {
    return fc
      .tuple(distinct(anyInbound(target, emails, ground), 4), distinct(anyOutbound(target, ground), 3))
      .chain(([drafts, outbounds]) => {
        const inbounds = drafts.map((inbound, index) => ({ ...inbound, port: 20_001 + index }));
        const whole = fc.record({
          target: fc.constant(target),
          api: anyApi(target, ground),
          inbounds: fc.constant(inbounds),
          outbounds: fc.constant(outbounds),
          ...(ground.flowing && { blockLoopback: fc.constant(false) }),
        });
        const parts = {
          scopes: fc.subarray(["inbound", "outbound", "user"], { minLength: 1 }),
          routes: anyRoutes(inbounds, outbounds),
          ...(ground.flowing ? {} : { blockLoopback: fc.boolean() }),
          ...(target === "xray" && { online: fc.boolean() }),
        };
        return fc
          .tuple(whole, fc.record(parts, { requiredKeys: [] }))
          .map(([required, optional]) => ({ ...required, ...optional }) as unknown as StatsConfigOptions);
      });
  });
}

interface Draft {
  readonly tag?: string | undefined;
  readonly users?: readonly { readonly email: string }[] | undefined;
}

const oddName = fc.constantFrom("__proto__", "constructor", "a b", "Ünï çødé", "🙂@例え.jp", "a>>b", "x".repeat(200));
const plainName = fc.string({ unit: fc.constantFrom(..."abcdefABCDEF0123456789@.-_+"), minLength: 1, maxLength: 20 });
const name = fc.oneof({ weight: 3, arbitrary: plainName }, { weight: 1, arbitrary: oddName });
const names = fc.uniqueArray(name, { minLength: 1, maxLength: 5, selector: (text) => text.toLowerCase() });
const words = fc.string({ unit: fc.constantFrom(..."abcdef0123456789-ÄÖ🙂"), minLength: 1, maxLength: 12 });
const levels = fc.constantFrom(0, 1, 7, 255);

function anyInbound(target: ConfigTarget, emails: readonly string[], ground: BuildGround): fc.Arbitrary<Draft> {
  const many = target === "xray" || target === "sing-box";
  const level = target === "sing-box" ? fc.constant({}) : fc.record({ level: levels }, { requiredKeys: [] });
  const some = fc.subarray([...emails], { minLength: 1 });
  const users = (secret: (index: number) => object, chosen = some): fc.Arbitrary<object[]> =>
    chosen.chain((picked) => {
      return fc.tuple(...picked.map((email, index) => level.map((own) => ({ email, ...secret(index), ...own }))));
    });
  const { certificateFile, keyFile } = ground.certificates.server;
  const tag = fc.option(
    words.map((word) => `in-${word}`),
    { nil: undefined },
  );
  const host = fc.constantFrom("127.0.0.1", ...(ground.flowing ? [] : ["::1", "0.0.0.0", "::", undefined]));
  const carried = {
    tls: fc.option(fc.constant({ certificateFile, keyFile }), { nil: undefined }),
    webSocket: fc.option(fc.constantFrom({}, { path: "/some/where" }), { nil: undefined }),
  };
  const place = { tag, host };
  const password = (index: number): object => ({ password: `pass-${index}` });
  const key = (bytes: number) => (index: number) => ({ password: Buffer.alloc(bytes, index + 1).toString("base64") });
  const one = fc.constantFrom(...emails).map((email) => [email]);
  const open = { ...place, users: fc.option(users(password).map(withoutLevels), { nil: undefined }) };
  const modern = (method: string, bytes: number): fc.Arbitrary<object> => {
    const serverKey = Buffer.alloc(bytes, 99).toString("base64");
    return fc.record({ ...place, users: users(key(bytes)) }).map((rest) => {
      return { protocol: "shadowsocks", method, serverKey, ...rest };
    });
  };
  const inbound = fc.oneof(
    fc.record({ protocol: fc.constantFrom("vmess", "vless"), ...place, ...carried, users: users(id) }),
    fc.record({ protocol: fc.constant("trojan"), ...place, ...carried, users: users(password) }),
    fc.record({
      protocol: fc.constant("shadowsocks"),
      method: fc.constantFrom("aes-128-gcm", "aes-256-gcm", "chacha20-ietf-poly1305"),
      ...place,
      users: users(password, many ? some : one),
    }),
    fc
      .tuple(fc.record({ protocol: fc.constantFrom("socks", "http"), ...open }), level)
      .map(([rest, own]) => ({ ...rest, ...own })),
    ...(many ? [modern("2022-blake3-aes-128-gcm", 16), modern("2022-blake3-aes-256-gcm", 32)] : []),
  );
  return inbound as fc.Arbitrary<Draft>;
}

function id(index: number): object {
  return { id: `e731f153-4f31-49d3-9e8f-${(0xff8f396135ef - index).toString(16)}` };
}

/** Users of socks and http share the level of their inbound. */
function withoutLevels(users: readonly object[]): object[] {
  return users.map((user) => Object.fromEntries(Object.entries(user).filter(([key]) => key !== "level")));
}

function anyOutbound(target: ConfigTarget, ground: BuildGround): fc.Arbitrary<Draft> {
  const tag = fc.option(
    words.map((word) => `out-${word}`),
    { nil: undefined },
  );
  const freedom = fc.record({ protocol: fc.constant("freedom"), tag });
  if (ground.flowing) return freedom;
  const remote = { tag, host: fc.constantFrom("192.0.2.1", "2001:db8::1", "proxy.example"), port: fc.constant(443) };
  const tls = { serverName: "core.test", authorityFile: ground.certificates.ca.certificateFile };
  const carried = {
    tls: fc.option(fc.constantFrom({}, tls), { nil: undefined }),
    webSocket: fc.option(fc.constantFrom({}, { path: "/w" }), { nil: undefined }),
  };
  const account = fc.option(fc.constant({ username: "u", password: "p" }), { nil: undefined });
  const password = fc.constant("p");
  const method = fc.constantFrom("aes-128-gcm", "aes-256-gcm", "chacha20-ietf-poly1305");
  const key = Buffer.alloc(32, 5).toString("base64");
  const modern = { method: "2022-blake3-aes-256-gcm", password: `${key}:${key}` };
  return fc.oneof(
    freedom,
    fc.record({ protocol: fc.constant("blackhole"), tag }),
    fc
      .record({ protocol: fc.constantFrom("vmess", "vless"), ...remote, ...carried })
      .map((each) => ({ ...each, ...id(0) })),
    fc.record({ protocol: fc.constant("trojan"), ...remote, ...carried, password }),
    fc.record({ protocol: fc.constant("shadowsocks"), ...remote, method, password }),
    fc.record({ protocol: fc.constantFrom("socks", "http"), ...remote, account }),
    ...(target === "xray" || target === "sing-box"
      ? [fc.record({ protocol: fc.constant("shadowsocks"), ...remote }).map((each) => ({ ...each, ...modern }))]
      : []),
  );
}

/** Items that share no tag. */
function distinct(item: fc.Arbitrary<Draft>, maxLength: number): fc.Arbitrary<Draft[]> {
  const alike = (a: Draft, b: Draft): boolean => a.tag !== undefined && a.tag === b.tag;
  return fc.uniqueArray(item, { minLength: 1, maxLength, comparator: alike });
}

/** Routes between things that have names of their own. */
function anyRoutes(inbounds: readonly Draft[], outbounds: readonly Draft[]): fc.Arbitrary<object[]> {
  const targets = outbounds.flatMap(({ tag }) => tag ?? []);
  const tags = inbounds.flatMap(({ tag }) => tag ?? []);
  const emails = [...new Set(inbounds.flatMap(({ users = [] }) => users.map(({ email }) => email)))];
  if (targets.length === 0 || (tags.length === 0 && emails.length === 0)) return fc.constant([]);
  const conditions = {
    ...(tags.length > 0 && { inbounds: fc.subarray(tags, { minLength: 1 }) }),
    ...(emails.length > 0 && { users: fc.subarray(emails, { minLength: 1 }) }),
  };
  const route = fc
    .record({ ...conditions, outbound: fc.constantFrom(...targets) }, { requiredKeys: ["outbound"] })
    .filter((each) => "inbounds" in each || "users" in each);
  return fc.array(route, { maxLength: 2 });
}

function anyApi(target: ConfigTarget, { certificates, flowing }: BuildGround): fc.Arbitrary<object> {
  const port = 20_000;
  const host = fc.constantFrom("127.0.0.1", undefined, ...(flowing ? [] : ["::1", "127.0.0.9"]));
  if (target === "sing-box") return fc.record({ port: fc.constant(port), host });
  const entrance = fc.constantFrom({}, { tag: "the api", inboundTag: "way-in" });
  const { certificateFile, keyFile } = certificates.server;
  const own = { certificateFile, keyFile };
  const clientAuthorityFile = certificates.ca.certificateFile;
  const tls = fc.constantFrom(own, ...(target.startsWith("v2ray5") ? [{ ...own, clientAuthorityFile }] : []));
  const way = target === "xray" ? { way: "inbound" } : {};
  const behind = fc
    .tuple(entrance, fc.record({ host, tls }, { requiredKeys: [] }))
    .map(([names, rest]) => ({ port, ...way, ...names, ...rest }));
  const socket = entrance.map((names) => ({ socket: "/case/api.sock", ...names }));
  const listen = fc.record({ port: fc.constant(port), host, tag: fc.constantFrom(undefined, "api-tag") });
  return fc.oneof(behind, socket, ...(target === "xray" ? [listen] : []));
}
