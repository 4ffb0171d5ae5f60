import fc from "fast-check";

const inboundTags = ["api", "api-in", "in-1", "in-2", "socks-in", "stats", ""];
const outboundTags = ["api", "direct", "a-1", "stats-api", "freedom-out", "z-api", ""];
const optional = { nil: undefined, freq: 2 } as const;

const user = fc.record(
  { id: fc.uuid(), email: fc.constantFrom("alice", "bob", "", "a b"), level: fc.constantFrom(0, 1, 7) },
  { requiredKeys: ["id"] },
);
const place = {
  tag: fc.option(fc.constantFrom(...inboundTags), optional),
  listen: fc.constantFrom("127.0.0.1", "::1", "0.0.0.0", undefined),
  port: fc.integer({ min: 10_084, max: 10_090 }),
};
const inbound = fc.oneof(
  fc.record({ ...place, protocol: fc.constant("socks") }),
  fc.record({
    ...place,
    protocol: fc.constant("vmess"),
    settings: fc.record({ clients: fc.array(user, { maxLength: 3 }) }),
  }),
  fc.record({
    ...place,
    protocol: fc.constant("dokodemo-door"),
    settings: fc.constantFrom<object>(
      { address: "127.0.0.1" },
      {},
      { address: "192.0.2.1", port: 53 },
      { followRedirect: true },
    ),
  }),
);
const outbound = fc.record({
  tag: fc.option(fc.constantFrom(...outboundTags), optional),
  protocol: fc.constantFrom("freedom", "blackhole"),
});
const rule = fc.record({
  type: fc.constant("field"),
  inboundTag: fc.option(fc.subarray(inboundTags.slice(0, -1), { minLength: 1, maxLength: 2 }), optional),
  domain: fc.constantFrom(["example.com"]),
  network: fc.constantFrom("tcp", "tcp,udp", undefined),
  outboundTag: fc.constantFrom(...outboundTags.slice(0, -1), undefined),
  balancerTag: fc.constant("b"),
});
const simpleRule = fc.record({
  type: fc.constant("field"),
  inboundTag: fc.subarray(inboundTags.slice(0, -1), { minLength: 1, maxLength: 2 }),
  outboundTag: fc.constantFrom(...outboundTags.slice(0, -1)),
});
const flags = fc.record(
  { statsUserUplink: fc.boolean(), statsUserDownlink: fc.boolean(), connIdle: fc.constant(60) },
  { requiredKeys: [] },
);
/** Configurations of V2Ray and Xray, sensible or not, that a core could read. */
export const configurations = fc.record(
  {
    stats: fc.constantFrom({}, null),
    api: fc.record(
      {
        tag: fc.constantFrom("api", "stats-api", "direct"),
        listen: fc.constantFrom("127.0.0.1:10085", "nowhere", ""),
        services: fc.constantFrom([], ["HandlerService"], ["statsservice"]),
      },
      { requiredKeys: ["services"] },
    ),
    policy: fc.record(
      {
        levels: fc.dictionary(fc.constantFrom("0", "1", "07"), flags),
        system: fc.constantFrom({}, { statsInboundUplink: true }, null),
      },
      { requiredKeys: [] },
    ),
    routing: fc.record(
      {
        rules: fc.array(fc.oneof(rule, simpleRule), { maxLength: 4 }),
        balancers: fc.array(
          fc.record({
            tag: fc.constant("b"),
            selector: fc.subarray(["", "a", "api", "d", "free", "st"], { minLength: 1, maxLength: 2 }),
          }),
          { minLength: 1, maxLength: 1 },
        ),
      },
      { requiredKeys: ["balancers"] },
    ),
    inbounds: fc.uniqueArray(inbound, { maxLength: 4, selector: ({ tag }) => tag || Symbol("untagged") }),
    outbounds: fc.uniqueArray(outbound, { maxLength: 4, selector: ({ tag }) => tag || Symbol("untagged") }),
  },
  { requiredKeys: ["inbounds"] },
);

type Configuration = typeof configurations extends fc.Arbitrary<infer Value> ? Value : never;

/** The same in V2Ray 5's other language. */
export function toJsonV5({ stats, api, policy, routing, inbounds, outbounds }: Configuration): object {
  const levels = Object.entries(policy?.levels ?? {}).map(([level, { statsUserUplink, statsUserDownlink }]) => {
    return [Number(level), { stats: { userUplink: statsUserUplink, userDownlink: statsUserDownlink } }];
  });
  const rules = (routing?.rules ?? []).map((each) => {
    const { inboundTag, outboundTag: tag } = each;
    const narrowed =
      "domain" in each ? { domain: [{ type: "Full", value: "example.com" }], networks: each.network } : {};
    return { inboundTag, ...narrowed, ...(tag === undefined ? { balancingTag: "b" } : { tag }) };
  });
  const balancers = (routing?.balancers ?? []).map(({ tag, selector }) => ({ tag, outboundSelector: selector }));
  return {
    services: {
      stats,
      ...(api && { commander: { tag: api.tag, name: api.services.map(() => "proxyman") } }),
      ...(policy && { policy: { level: Object.fromEntries(levels) } }),
    },
    ...(routing && { router: { rule: rules, balancingRule: balancers } }),
    inbounds: inbounds.map((each) => {
      if (each.protocol !== "vmess") return each;
      const users = "clients" in each.settings ? each.settings.clients : [];
      const user = users.map(({ id, email, level }) => ({ email, level, account: { id } }));
      return { ...each, protocol: "#v2ray.core.proxy.vmess.inbound.Config", settings: { user } };
    }),
    outbounds,
  };
}

/** The same in TOML, which knows no null: as tables, or every block as one value. */
export function toToml(blocks: object, asTables: boolean): string {
  const values: string[] = [];
  const tables: string[] = [];
  for (const [name, block] of Object.entries(blocks)) {
    if (block === null || block === undefined) continue;
    const isList = Array.isArray(block);
    if (!asTables || (isList && block.length === 0)) values.push(`${name} = ${tomlValue(block)}`);
    else if (isList) tables.push(...block.map((item) => `\n[[${name}]]\n${tomlMembers(item).join("\n")}`));
    else tables.push(`\n[${name}]\n${tomlMembers(block).join("\n")}`);
  }
  return `${[...values, ...tables].join("\n")}\n`;
}

function tomlValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(tomlValue).join(", ")}]`;
  return typeof value === "object" && value !== null ? `{ ${tomlMembers(value).join(", ")} }` : JSON.stringify(value);
}

function tomlMembers(object: object): string[] {
  const members = Object.entries(object).filter(([, value]) => value !== null && value !== undefined);
  return members.map(([name, value]) => `${JSON.stringify(name)} = ${tomlValue(value)}`);
}

const tagOf = (tag: string): fc.Arbitrary<string | undefined> => fc.option(fc.constant(tag), optional);

/** Configurations of sing-box: groups of outbounds, rules, and lists that lack some names. */
export const singBoxConfigurations = fc.record({
  inbounds: fc.tuple(
    fc.record({
      type: fc.constant("socks"),
      tag: tagOf("in-1"),
      users: fc.subarray([{ username: "a" }, { username: "b" }]),
    }),
    fc.record({
      type: fc.constant("vmess"),
      tag: tagOf("in-2"),
      users: fc.subarray([{ name: "b" }, { name: "c" }, {}]),
    }),
  ),
  outbounds: fc.tuple(
    fc.record({ type: fc.constant("direct"), tag: tagOf("0") }),
    fc.record({ type: fc.constant("direct"), tag: tagOf("direct-out") }),
    fc.record({ type: fc.constant("direct"), tag: fc.constant("part") }),
    fc.record({ type: fc.constant("selector"), tag: fc.constant("group"), outbounds: fc.constant(["part", "1"]) }),
  ),
  experimental: fc.option(
    fc.record({
      v2ray_api: fc.record(
        {
          listen: fc.constantFrom("127.0.0.1:10085", "", "nowhere"),
          stats: fc.record(
            {
              enabled: fc.boolean(),
              inbounds: fc.subarray(["in-1", "in-2"]),
              outbounds: fc.subarray(["0", "group"]),
              users: fc.subarray(["a", "b", "c"]),
            },
            { requiredKeys: [] },
          ),
        },
        { requiredKeys: [] },
      ),
    }),
    optional,
  ),
});
