/** A configuration of Xray: alice and bob are counted, carol has a level without flags. */
export function xrayConfig(parts: object = {}): string {
  const clients = ["alice", "bob", "carol"].map((email, index) => {
    return { email, level: email === "carol" ? 1 : 0, id: `e731f153-4f31-49d3-9e8f-ff8f396135e${index}` };
  });
  const flags = ["InboundUplink", "InboundDownlink", "OutboundUplink", "OutboundDownlink"];
  return JSON.stringify({
    stats: {},
    api: { tag: "api", listen: "127.0.0.1:10085", services: ["StatsService"] },
    policy: {
      levels: { 0: { statsUserUplink: true, statsUserDownlink: true } },
      system: Object.fromEntries(flags.map((flag) => [`stats${flag}`, true])),
    },
    inbounds: [{ tag: "in", listen: "127.0.0.1", port: 443, protocol: "vmess", settings: { clients } }],
    outbounds: [{ tag: "direct", protocol: "freedom" }],
    ...parts,
  });
}
