import { parseStatName } from "../../names/parse-stat-name.ts";
import type { Direction } from "../../names/stat-name.ts";

/** What moved of one user or tag. */
type Moved = Record<Direction, number>;

/**
 * Writes the body that 3x-ui's External Traffic Inform posts, as of its newest version: every counter, those that moved
 * nothing too.
 *
 * @param deltas - Bytes by the counter's name, 0 up to 2^53 - 1. The tag `api` is left out, as 3x-ui does.
 * @returns The body; `undefined` where no user and no tag is known, and 3x-ui would post nothing.
 */
export function writeInformBody(deltas: ReadonlyMap<string, bigint>): Uint8Array | undefined {
  const scopes = { user: new Map(), inbound: new Map(), outbound: new Map() } as const satisfies Record<
    string,
    Map<string, Moved>
  >;
  for (const [name, bytes] of deltas) {
    const parsed = parseStatName(name);
    if (parsed.kind !== "traffic") continue;
    const { scope, subject, direction } = parsed;
    if (scope !== "user" && subject === "api") continue;
    const subjects: Map<string, Moved> = scopes[scope];
    const moved = subjects.get(subject) ?? { uplink: 0, downlink: 0 };
    moved[direction] = Number(bytes);
    subjects.set(subject, moved);
  }
  const clientTraffics = Array.from(scopes.user, ([email, moved]) => clientOf(email, moved));
  const inboundTraffics = [
    ...Array.from(scopes.inbound, ([tag, moved]) => tagOf(tag, true, moved)),
    ...Array.from(scopes.outbound, ([tag, moved]) => tagOf(tag, false, moved)),
  ];
  if (clientTraffics.length + inboundTraffics.length === 0) return undefined;
  return Buffer.from(JSON.stringify({ clientTraffics, inboundTraffics }));
}

/** All but name and bytes say nothing, in 3x-ui's own bodies as well. */
function clientOf(email: string, { uplink, downlink }: Moved): object {
  return {
    id: 0,
    inboundId: 0,
    enable: false,
    email,
    uuid: "",
    subId: "",
    up: uplink,
    down: downlink,
    expiryTime: 0,
    total: 0,
    reset: 0,
    resetDay: 0,
    resetMax: 0,
    resetCount: 0,
    lastOnline: 0,
    lastSubFetch: 0,
  };
}

function tagOf(tag: string, isInbound: boolean, { uplink, downlink }: Moved): object {
  return { IsInbound: isInbound, IsOutbound: !isInbound, Tag: tag, Up: uplink, Down: downlink };
}
