import { addressOf, isSocket, networksOf } from "../check/rules/api-inbound-parts.ts";
import type { ConfigModel, InboundModel } from "../model/config-model.ts";
import { member } from "../syntax/lookup.ts";
import { isAtLeast } from "../target.ts";
import type { Changes } from "./changes.ts";

/** Mends an inbound that leads to the API. */
export function mendDoor(model: ConfigModel, door: InboundModel, changes: Changes): void {
  const { target, version } = model;
  const { node, settings, listen } = door;
  const panics = target === "xray" && isSocket(listen) && !isAtLeast(version, "26.5.3");
  const needs = "without it connections to the API get no answer";
  if (addressOf(door) === undefined && (target !== "xray" || panics))
    changes.set(node, ["settings", "address"], "127.0.0.1", panics ? panic : needs);
  if (panics && member(settings, "port") === undefined) changes.set(node, ["settings", "port"], 1, panic);
  mendNetwork(model, door, changes);
}

const panic = "without it the first connection to the socket ends this version of Xray";

function mendNetwork({ target }: ConfigModel, door: InboundModel, changes: Changes): void {
  const { node, settings, listen } = door;
  const name = target === "v2ray5-jsonv5" ? "networks" : "network";
  const wanted = isSocket(listen) ? "unix" : "tcp";
  // Without the member jsonv5 panics.
  const isWritten = target !== "v2ray5-jsonv5" || member(settings, name) !== undefined;
  const networks = isWritten ? networksOf(door, target) : [];
  if (networks.includes(wanted)) return;
  changes.set(node, ["settings", name], [...networks, wanted].join(","), `the API is asked over ${wanted}`);
}
