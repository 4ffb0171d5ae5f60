const bothFlags = { statsUserUplink: true, statsUserDownlink: true };
const systemFlags = {
  statsInboundUplink: true,
  statsInboundDownlink: true,
  statsOutboundUplink: true,
  statsOutboundDownlink: true,
};
const apiInbound = {
  tag: "api-in",
  listen: "127.0.0.1",
  port: 10085,
  protocol: "dokodemo-door",
  settings: { address: "127.0.0.1", port: 1 },
};

/** A configuration of V2Ray and Xray that counts everything and has its API, but for these parts and this policy. */
export function v2rayText(
  parts: { readonly inbounds?: readonly object[]; readonly [part: string]: unknown },
  policy: object = { levels: { 0: bothFlags }, system: systemFlags },
): string {
  const { inbounds = [{ tag: "in", port: 1, protocol: "vmess" }], ...others } = parts;
  return JSON.stringify({
    stats: {},
    api: { tag: "api", services: ["StatsService"] },
    policy,
    inbounds: [...inbounds, apiInbound],
    outbounds: [{ tag: "direct", protocol: "freedom" }],
    routing: { rules: [{ type: "field", inboundTag: ["api-in"], outboundTag: "api" }] },
    ...others,
  });
}

/** A configuration of sing-box that counts what is listed. */
export function singBoxText(parts: object, stats: object): string {
  return JSON.stringify({
    outbounds: [{ type: "direct", tag: "direct" }],
    ...parts,
    experimental: { v2ray_api: { listen: "127.0.0.1:8080", stats: { enabled: true, ...stats } } },
  });
}
