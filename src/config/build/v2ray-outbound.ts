import type { V2rayOutbound } from "./config-blocks.ts";
import type { PlannedOutbound } from "./plan.ts";
import { clientStream } from "./v2ray-stream.ts";

/** Writes an outbound for V2Ray 4, V2Ray 5 or Xray. */
export function v2rayOutbound(outbound: PlannedOutbound): V2rayOutbound {
  const { tag, protocol } = outbound;
  const stream = "tls" in outbound || "webSocket" in outbound ? clientStream(outbound) : {};
  return { tag, protocol, settings: settingsOf(outbound), ...stream };
}

function settingsOf(outbound: PlannedOutbound): object {
  if (outbound.protocol === "freedom" || outbound.protocol === "blackhole") return {};
  const { host: address, port } = outbound;
  switch (outbound.protocol) {
    case "vmess":
      return { vnext: [{ address, port, users: [{ id: outbound.id, security: "auto" }] }] };
    case "vless":
      return { vnext: [{ address, port, users: [{ id: outbound.id, encryption: "none" }] }] };
    case "trojan":
      return { servers: [{ address, port, password: outbound.password }] };
    case "shadowsocks":
      return { servers: [{ address, port, method: outbound.method, password: outbound.password }] };
    default: {
      const { account } = outbound;
      const users = account && [{ user: account.username, pass: account.password }];
      return { servers: [{ address, port, ...(users && { users }) }] };
    }
  }
}
