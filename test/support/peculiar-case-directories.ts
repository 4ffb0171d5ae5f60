import fc from "fast-check";

/** A file of a configuration directory. */
export interface MergeFile {
  readonly name: string;
  readonly text: string;
}

type Text = fc.Arbitrary<string>;

/** An object as text: some of the members in any order, some of them twice, names in either case. */
function object(members: Readonly<Record<string, Text>>, minLength = 0): Text {
  const entries = Object.entries(members).map(([key, value]) => {
    const name = fc.oneof({ weight: 8, arbitrary: fc.constant(key) }, fc.constant(key.toUpperCase()));
    return fc.tuple(name, value).map(([spelled, text]) => `${JSON.stringify(spelled)}: ${text}`);
  });
  const some = fc.shuffledSubarray([...entries, ...entries], { minLength });
  return some.chain((chosen) => fc.tuple(...chosen)).map((texts) => `{ ${texts.join(", ")} }`);
}

function list(item: Text, maxLength = 3, minLength = 0): Text {
  return fc.array(item, { minLength, maxLength }).map((items) => `[${items.join(", ")}]`);
}

function oneOf(...values: readonly (string | boolean | number | null)[]): Text {
  return fc.constantFrom(...values.map((value) => JSON.stringify(value)));
}

/** All of the first members, so that the core accepts it, and some of the others, some twice. */
function withNeeded(needed: Readonly<Record<string, Text>>, others: Readonly<Record<string, Text>>): Text {
  const all = Object.entries(needed).map(([key, value]) => value.map((text) => `${JSON.stringify(key)}: ${text}`));
  return fc.tuple(fc.tuple(...all), object(others)).map(([texts, rest]) => {
    const inner = rest.slice(1, -1).trim();
    return `{ ${[...texts, ...(inner === "" ? [] : [inner])].join(", ")} }`;
  });
}

const flag = oneOf(true, true, true, false, null);
const names = fc.uniqueArray(fc.constantFrom("1.json", "10.json", "2.json", "3-tail.json", "b.json"), {
  minLength: 1,
  maxLength: 3,
});

function filesOf(document: Text): fc.Arbitrary<MergeFile[]> {
  return names.chain((chosen) => fc.tuple(...chosen.map((name) => document.map((text) => ({ name, text })))));
}

const level = object({ statsUserUplink: flag, statsUserDownlink: flag });
const inbound = withNeeded(
  { port: oneOf(1001, 1002), protocol: oneOf("socks", "http"), listen: oneOf("127.0.0.1", "127.0.0.2", "127.0.0.3") },
  { tag: oneOf("a", "b", "c"), listen: oneOf("127.0.0.4", "127.0.0.5"), _tag: oneOf("x", "y") },
);
const outbound = withNeeded(
  { protocol: oneOf("freedom", "blackhole") },
  { tag: oneOf("a", "b", "c"), _priority: oneOf(-1, 1, 2) },
);
const rule = withNeeded(
  {
    type: oneOf("field"),
    inboundTag: list(oneOf("a", "b"), 2).map((text) => (text === "[]" ? '["c"]' : text)),
    outboundTag: oneOf("a", "b"),
  },
  { _tag: oneOf("x", "y"), outboundTag: oneOf("c") },
);

/** Directories that V2Ray 4, V2Ray 5 and Xray read. */
export const directories: fc.Arbitrary<MergeFile[]> = filesOf(
  object({
    stats: oneOf(null).chain((nothing) => fc.constantFrom("{}", "{}", nothing)),
    policy: object({
      levels: object({ 0: level, 1: level }),
      system: object({ statsInboundUplink: flag, statsOutboundDownlink: flag }),
    }),
    inbounds: list(inbound),
    outbounds: list(outbound),
    api: withNeeded({ tag: oneOf("api", "b") }, { services: list(oneOf("StatsService", "HandlerService"), 2) }),
    routing: object({ rules: list(rule) }),
  }),
);

let tags = 0;
const uniqueTag = fc.integer().map(() => JSON.stringify(`t${tags++}`));

/** Directories that sing-box reads; nothing is empty, as it leaves that out when it writes what it read. */
export const singBoxDirectories: fc.Arbitrary<MergeFile[]> = filesOf(
  filled({
    log: filled({ level: oneOf("warn", "info"), timestamp: oneOf(true, false) }),
    inbounds: filledList(
      withNeeded(
        { type: oneOf("socks", "http"), tag: uniqueTag },
        {
          listen: oneOf("127.0.0.1", "127.0.0.2"),
          listen_port: oneOf(1001, 1002),
          users: filledList(filled({ username: oneOf("a", "b"), password: oneOf("c") })),
        },
      ),
    ),
    outbounds: filledList(
      withNeeded({ type: oneOf("direct"), tag: uniqueTag }, { bind_interface: oneOf("lo", "eth0") }),
    ),
    experimental: filled({
      v2ray_api: filled({
        listen: oneOf("127.0.0.1:1", "127.0.0.1:2"),
        stats: filled({
          enabled: oneOf(true, false),
          inbounds: filledList(oneOf("a", "b")),
          users: filledList(oneOf("c")),
        }),
      }),
    }),
  }),
);

function filled(members: Readonly<Record<string, Text>>): Text {
  return object(members, 1);
}

function filledList(item: Text): Text {
  return list(item, 3, 1);
}
