import { hostPort } from "../build/plan-api.ts";
import type { ConfigModel, InboundModel, OutboundModel } from "../model/config-model.ts";
import { countedOutbounds } from "../model/counted-outbounds.ts";
import { isTrue, member, stringListOf } from "../syntax/lookup.ts";
import type { ConfigNode } from "../syntax/node.ts";
import { listenPlaceOf } from "./api-address.ts";
import type { Changes } from "./changes.ts";
import type { EnableScope, Wishes } from "./enable-options.ts";
import { freePort } from "./ports-in-use.ts";
import { refuse } from "./refuse.ts";

const block = ["experimental", "v2ray_api"] as const;

/**
 * Makes sing-box count: it knows no switches, but lists of all names.
 *
 * @param tags - Tags that inbounds and outbounds get by the same changes.
 * @returns Where the API listens.
 */
export function enableSingBox(
  model: ConfigModel,
  wishes: Wishes,
  tags: ReadonlyMap<ConfigNode, string>,
  changes: Changes,
): string {
  const { api, stats } = model;
  const place = api?.listen === undefined ? undefined : listenPlaceOf(model, api.listen);
  if (place?.isPublic && api?.listenNode)
    changes.leave(api.listenNode, "others than this machine reach the API, and can read and reset the counters");
  const address = place?.address ?? putListen(model, wishes, changes);
  if (!isTrue(member(stats, "enabled")))
    changes.setAt([...block, "stats", "enabled"], true, "without it the first proxied connection ends the core");
  const tagsOf = (all: readonly (InboundModel | OutboundModel)[]): string[] => {
    return all.flatMap(({ node, tag }) => tag ?? tags.get(node) ?? []);
  };
  const users = (): string[] => model.inbounds.flatMap((inbound) => inbound.users.flatMap(({ name }) => name ?? []));
  const { scopes } = wishes;
  if (scopes.has("inbounds")) list(stats, "inbounds", tagsOf(model.inbounds), changes);
  if (scopes.has("outbounds")) list(stats, "outbounds", tagsOf(countedOutbounds(model)), changes);
  if (scopes.has("users")) list(stats, "users", users(), changes);
  leaveUnnamed(model, changes);
  return address;
}

function putListen(model: ConfigModel, { host, port: wanted }: Wishes, changes: Changes): string {
  const free = freePort(model, wanted);
  if (free === undefined) refuse(model.root, "the configuration listens on every port, and leaves none for the API");
  const listen = hostPort({ host, port: free.port });
  const reason = "this is where statistics are asked for, and only this machine can";
  changes.setAt([...block, "listen"], listen, `${reason}${free.remark}`);
  return listen;
}

function list(stats: ConfigNode | undefined, scope: EnableScope, names: readonly string[], changes: Changes): void {
  const node = member(stats, scope);
  const listed = new Set(stringListOf(node));
  const missing = [...new Set(names)].filter((name) => !listed.has(name));
  if (missing.length === 0) return;
  const reason = `sing-box counts only ${scope} that are listed`;
  if (node?.kind === "array") changes.append(node, missing, reason);
  else changes.setAt([...block, "stats", scope], missing, reason);
}

function leaveUnnamed({ inbounds }: ConfigModel, changes: Changes): void {
  for (const { users } of inbounds) {
    const unnamed = users.filter(({ name }) => name === undefined);
    const [first] = unnamed;
    if (first === undefined) continue;
    const subject = unnamed.length === 1 ? "this user has" : `this and ${unnamed.length - 1} more users here have`;
    changes.leave(first.node, `${subject} no name, and so no counter; only you know what to call them`);
  }
}
