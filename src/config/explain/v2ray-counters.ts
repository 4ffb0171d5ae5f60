import type { Direction, OnlineName, TrafficName } from "../../names/stat-name.ts";
import type { ConfigModel, InboundModel, OutboundModel, SystemFlag } from "../model/config-model.ts";
import { member, stringOf } from "../syntax/lookup.ts";
import { isAtLeast, targetName } from "../target.ts";
import { absentSubjectSteps } from "./absent-subject.ts";
import type { CounterFamily, DeclaredSubject, Reasons } from "./counter-family.ts";
import { createSecretSteps } from "./shared-secrets.ts";
import { allGood, bad, good, quoted, type Step } from "./step.ts";
import { userPlaces } from "./user-place.ts";
import { placeSteps, type UserFlag } from "./v2ray-user-steps.ts";
import { v2rayWords } from "./v2ray-words.ts";

/** Counters of V2Ray 4, V2Ray 5 and Xray. */
export function v2rayCounters(model: ConfigModel): CounterFamily {
  const places = userPlaces(model);
  const secretSteps = createSecretSteps(model);
  const stats = statsStep(model);
  const inbounds = byTag(model.inbounds);
  const outbounds = byTag(model.outbounds);

  function userReasons({ subject }: { subject: string }, flag: UserFlag): Reasons {
    const known = places.of(subject);
    if (known.length === 0) {
      const unnamed = unnamedStep(model, subject);
      if (unnamed !== undefined) return { verdict: stats.ok ? "unknown" : "never", steps: [stats, unnamed] };
      return never([stats, ...absentSubjectSteps(model, { scope: "user", subject })]);
    }
    const eachPlace = known.map((place) => placeSteps(model, place, flag, secretSteps));
    const counts = stats.ok && eachPlace.some(allGood);
    return { verdict: counts ? "on-first-use" : "never", steps: [stats, ...eachPlace.flat()] };
  }

  function onlineReasons(name: OnlineName): Reasons {
    const version = onlineStep(model);
    if (!version.ok) return never([version]);
    const { verdict, steps } = userReasons(name, "Online");
    return { verdict, steps: [version, ...steps] };
  }

  function tagReasons(scope: "inbound" | "outbound", { subject, direction }: TrafficName): Reasons {
    const found = (scope === "inbound" ? inbounds : outbounds).get(subject);
    const steps = [
      stats,
      ...(found === undefined ? absentSubjectSteps(model, { scope, subject }) : tagSteps(model, scope, found)),
      systemStep(model, scope, direction),
    ];
    return { verdict: allGood(steps) ? "from-start" : "never", steps };
  }

  function declared(): DeclaredSubject[] {
    return [
      ...Array.from(inbounds.keys(), (subject) => ({ scope: "inbound" as const, subject })),
      ...Array.from(outbounds.keys(), (subject) => ({ scope: "outbound" as const, subject })),
      ...Array.from(places.names(), (subject) => ({ scope: "user" as const, subject })),
    ];
  }

  return {
    declared,
    reasonsOf(name) {
      if (name.kind === "online") return onlineReasons(name);
      if (name.scope === "user") return userReasons(name, name.direction === "uplink" ? "Uplink" : "Downlink");
      return tagReasons(name.scope, name);
    },
  };
}

function never(steps: readonly Step[]): Reasons {
  return { verdict: "never", steps };
}

function byTag<Handler extends InboundModel | OutboundModel>(handlers: readonly Handler[]): Map<string, Handler> {
  return new Map(handlers.flatMap((handler) => (handler.tag === undefined ? [] : [[handler.tag, handler]])));
}

function statsStep({ target, stats }: ConfigModel): Step {
  const { stats: block } = v2rayWords(target);
  // jsonv5 takes null for an empty block.
  if (stats?.kind === "object" || (target === "v2ray5-jsonv5" && stats?.kind === "null"))
    return good(`${block} is there, so the core keeps counters`, stats);
  return bad(`there is no ${block} object, so the core keeps no counters`, `Add "stats": {}${inBlock(block)}.`, stats);
}

function inBlock(path: string): string {
  const cut = path.lastIndexOf(".");
  return cut < 0 ? "" : ` to ${path.slice(0, cut)}`;
}

function onlineStep({ target, version }: ConfigModel): Step {
  if (target !== "xray") {
    const advice = "Use Xray 24.11.5 or newer with statsUserOnline.";
    return bad(`${targetName(target)} does not record who is online; only Xray does`, advice);
  }
  return isAtLeast(version, "24.11.5")
    ? good("Xray records from where a user is online, never from its own machine (127.0.0.1)")
    : bad("Xray records who is online since 24.11.5 only", "Upgrade Xray.");
}

function tagSteps(
  model: ConfigModel,
  scope: "inbound" | "outbound",
  { tag, protocol, node }: InboundModel | OutboundModel,
): Step[] {
  const steps = [good(`there is an ${scope} with the tag ${quoted(tag as string)} (${protocol})`, node)];
  if (scope === "inbound") return steps;
  if (model.target === "v2ray4" && !isAtLeast(model.version, "4.26.0"))
    steps.push(bad("V2Ray counts outbounds since 4.26.0 only", "Upgrade V2Ray."));
  if (model.api !== undefined && model.api.listen === undefined && model.api.tag === tag)
    steps.push(good("the API has the same tag and takes its place, so its counters stay at 0", model.api.node));
  return steps;
}

function systemStep(model: ConfigModel, scope: "inbound" | "outbound", direction: Direction): Step {
  const { policy, target } = model;
  const flag: SystemFlag = `stats${scope === "inbound" ? "Inbound" : "Outbound"}${direction === "uplink" ? "Uplink" : "Downlink"}`;
  const words = v2rayWords(target);
  const setting = `${quoted(words.systemFlag(flag))}: true`;
  return policy.system[flag]
    ? good(`${words.system} has ${setting}`, policy.systemNode)
    : bad(
        `${words.system} does not have ${setting}`,
        `Add ${setting} to ${words.system}.`,
        policy.systemNode ?? policy.node,
      );
}

/** Source: Xray-core 26.3.27, proxy/shadowsocks_2022/inbound_multi.go and inbound_relay.go. */
function unnamedStep({ target, inbounds }: ConfigModel, name: string): Step | undefined {
  if (target !== "xray" || !/^unnamed-(?:user|destination)-\d+-[\da-f-]{36}$/.test(name)) return undefined;
  const inbound = inbounds.find(({ protocol, settings, users }) => {
    const method = stringOf(member(settings, "method")) ?? "";
    return protocol === "shadowsocks" && method.startsWith("2022-") && users.some((user) => user.name === undefined);
  });
  if (inbound === undefined) return undefined;
  return bad(
    "Xray calls shadowsocks 2022 users without an email so, with another random end at each start",
    "Give each of them an email.",
    inbound.node,
  );
}
