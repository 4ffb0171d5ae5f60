import type { ConfigModel, OutboundModel, RuleModel } from "../../model/config-model.ts";
import { member, stringOf } from "../../syntax/lookup.ts";
import { type Connection, matches } from "./routing-conditions.ts";

/** The outbound by which a connection may leave straight to where it wants to go; `undefined` where none is. */
export function directWay(model: ConfigModel, connection: Connection): OutboundModel | undefined {
  return walk(model, connection).direct;
}

/** The same for somebody who asks for a name of his own choice that leads to `connection.host`. */
export function directWayByName(model: ConfigModel, connection: Connection): OutboundModel | undefined {
  const routing = member(model.root, model.target === "v2ray5-jsonv5" ? "router" : "routing");
  const strategy = stringOf(member(routing, "domainStrategy"))?.toLowerCase() ?? "asis";
  if (strategy === "ipondemand") return directWay(model, connection);
  const named = walk(model, { ...connection, host: "a.name" });
  // Looked up only where no rule holds for the name itself.
  if (named.isDecided || strategy !== "ipifnonmatch") return named.direct;
  return directWay(model, connection);
}

interface Fate {
  readonly direct: OutboundModel | undefined;
  /** A rule holds, whoever it is. */
  readonly isDecided: boolean;
}

/** What a rule may lead astray is taken for a way out, and never for a barrier. */
function walk(model: ConfigModel, connection: Connection): Fate {
  const directBy = directGoals(model);
  for (const rule of model.rules) {
    const answer = matches(rule, connection, model.target);
    if (answer === "no") continue;
    const direct = directBy(rule);
    if (direct !== undefined || answer === "yes") return { direct, isDecided: true };
  }
  const [first] = model.outbounds;
  return { direct: first !== undefined && isDirect(first, model) ? first : undefined, isDecided: false };
}

/** Finds the direct outbound that a rule leads to, if it does. */
function directGoals(model: ConfigModel): (rule: RuleModel) => OutboundModel | undefined {
  const { outbounds, balancers, target, api } = model;
  const [first] = outbounds;
  const byTag = new Map(outbounds.map((outbound) => [outbound.tag, outbound]));
  const direct = outbounds.filter((outbound) => isDirect(outbound, model));
  const byBalancer = new Map(
    balancers.map(({ tag, selectors }) => {
      return [tag, direct.find((each) => selectors.some((selector) => each.tag?.startsWith(selector)))];
    }),
  );
  return ({ outboundTag, balancerTag }) => {
    if (outboundTag === undefined) return byBalancer.get(balancerTag);
    // To V2Ray a tag that nothing has is the default outbound's; Xray closes the connection.
    const isLost = !byTag.has(outboundTag) && outboundTag !== api?.tag && target !== "xray";
    const goal = isLost ? first : byTag.get(outboundTag);
    return goal !== undefined && isDirect(goal, model) ? goal : undefined;
  };
}

/** It connects to the target itself, by no other proxy and to no other address; and the API did not take its place. */
function isDirect({ protocol, settings, node, tag }: OutboundModel, { api }: ConfigModel): boolean {
  const isFreedom = protocol === "freedom" || protocol === "direct";
  const isTaken = tag !== undefined && tag === api?.tag && api.listen === undefined;
  return (
    isFreedom && !isTaken && !stringOf(member(settings, "redirect")) && member(node, "proxySettings") === undefined
  );
}
