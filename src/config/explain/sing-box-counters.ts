import type { Scope } from "../../names/stat-name.ts";
import { inboundName, named } from "../check/rules/users-wording.ts";
import type { ConfigModel, InboundModel } from "../model/config-model.ts";
import { isTrue, itemsOf, member, memberAt, stringOf } from "../syntax/lookup.ts";
import type { ConfigNode } from "../syntax/node.ts";
import { absentSubjectSteps } from "./absent-subject.ts";
import type { CounterFamily, DeclaredSubject, Reasons } from "./counter-family.ts";
import { createSecretSteps } from "./shared-secrets.ts";
import { singBoxOutboundUse } from "./sing-box-outbound-use.ts";
import { allGood, bad, good, quoted, type Step } from "./step.ts";
import { userPlaces } from "./user-place.ts";

const lists = { inbound: "inbounds", outbound: "outbounds", user: "users" } as const;

/**
 * Counters of sing-box: those of the listed, both directions of each, from the first connection on.
 *
 * Source: sing-box 1.14.1, experimental/v2rayapi/stats.go, route/route.go, and run.
 */
export function singBoxCounters(model: ConfigModel): CounterFamily {
  const places = userPlaces(model);
  const secretSteps = createSecretSteps(model);
  const inbounds = taggedNodes(model.root, "inbounds");
  const outbounds = taggedNodes(model.root, "outbounds");
  // Where there is none, sing-box makes one of this name.
  if (itemsOf(member(model.root, "outbounds")).length === 0 && !hasFinal(model.root))
    outbounds.set("direct", undefined);
  const byNode = new Map(model.inbounds.map((inbound) => [inbound.node, inbound]));
  const useOf = singBoxOutboundUse(model.root, outbounds);
  const on = [listenStep(model), enabledStep(model)];
  const listed = {
    inbound: listOf(model, "inbound"),
    outbound: listOf(model, "outbound"),
    user: listOf(model, "user"),
  };

  function subjectSteps({ scope, subject }: DeclaredSubject): Step[] {
    if (scope === "inbound") {
      const node = inbounds.get(subject);
      const inbound = node && byNode.get(node);
      return inbound === undefined ? absent({ scope, subject }) : inboundSteps(inbound, subject);
    }
    if (scope === "outbound") return outbounds.has(subject) ? useOf(subject) : absent({ scope, subject });
    const known = places.of(subject);
    if (known.length === 0) return absent({ scope, subject });
    const eachPlace = known.map((place) => {
      const { inbound, node } = place;
      const text = `${named(subject)} is a user of ${inboundName(inbound)} (${inbound.protocol})`;
      return [good(text, node), ...secretSteps(place)];
    });
    // One place is enough.
    return (eachPlace.some(allGood) ? eachPlace.filter(allGood) : eachPlace).flat();
  }

  function absent(subject: DeclaredSubject): Step[] {
    return absentSubjectSteps(model, subject);
  }

  function declared(): DeclaredSubject[] {
    return [
      ...Array.from(inbounds.keys(), (subject) => ({ scope: "inbound" as const, subject })),
      ...Array.from(outbounds.keys(), (subject) => ({ scope: "outbound" as const, subject })),
      ...Array.from(places.names(), (subject) => ({ scope: "user" as const, subject })),
    ];
  }

  function reasonsOf({ scope, subject }: DeclaredSubject): Reasons {
    const steps = [...on, ...subjectSteps({ scope, subject }), listedStep(listed[scope], subject)];
    if (allGood(steps)) return { verdict: "on-first-use", steps };
    const managed = scope === "user" && places.of(subject).length === 0 ? managedInbound(model) : undefined;
    if (managed === undefined) return { verdict: "never", steps };
    const step = good(`${inboundName(managed)} is managed: its users come and go while sing-box runs`, managed.node);
    const known = [...on, step, listedStep(listed[scope], subject)];
    return { verdict: allGood(known) ? "unknown" : "never", steps: known };
  }

  return {
    declared,
    reasonsOf(name) {
      if (name.kind === "traffic") return reasonsOf(name);
      const step = bad("sing-box does not record who is online; only Xray does", "Use Xray with statsUserOnline.");
      return { verdict: "never", steps: [step] };
    },
  };
}

/** By their tags; what has none is called by its number in its list. */
function taggedNodes(root: ConfigNode, list: "inbounds" | "outbounds"): Map<string, ConfigNode | undefined> {
  const nodes = new Map<string, ConfigNode | undefined>();
  for (const name of ["endpoints", list]) {
    for (const [index, node] of itemsOf(member(root, name)).entries())
      nodes.set(stringOf(member(node, "tag")) || `${index}`, node);
  }
  return nodes;
}

function hasFinal(root: ConfigNode): boolean {
  return Boolean(stringOf(memberAt(root, "route", "final")));
}

function listenStep({ api, root }: ConfigModel): Step {
  if (api?.listen !== undefined) return good(`experimental.v2ray_api.listen is ${quoted(api.listen)}`, api.listenNode);
  const text = "experimental.v2ray_api has no listen, so there is no API and nothing is counted";
  return bad(text, `Add "listen": "127.0.0.1:10085".`, api?.node ?? member(root, "experimental"));
}

function enabledStep({ stats, api }: ConfigModel): Step {
  return isTrue(member(stats, "enabled"))
    ? good(`experimental.v2ray_api.stats has "enabled": true`, stats)
    : bad(
        `experimental.v2ray_api.stats does not have "enabled": true`,
        `Add "enabled": true to it: without it sing-box crashes at the first connection.`,
        stats ?? api?.node,
      );
}

/** One of the lists of `stats`. */
interface StatsList {
  readonly path: string;
  readonly node: ConfigNode | undefined;
  readonly exact: ReadonlyMap<string, ConfigNode>;
  /** By the names without case and blanks around. */
  readonly folded: ReadonlyMap<string, string>;
}

function listOf({ stats }: ConfigModel, scope: Scope): StatsList {
  const list = member(stats, lists[scope]);
  const names = itemsOf(list).flatMap((node) =>
    node.kind === "string" ? [[node.value as string, node] as const] : [],
  );
  return {
    path: `experimental.v2ray_api.stats.${lists[scope]}`,
    node: list ?? stats,
    exact: new Map(names),
    folded: new Map(names.map(([name]) => [fold(name), name])),
  };
}

function fold(name: string): string {
  return name.trim().toLowerCase();
}

function listedStep({ path, node, exact, folded }: StatsList, subject: string): Step {
  const listed = exact.get(subject);
  if (listed !== undefined) return good(`${path} lists ${quoted(subject)}`, listed);
  const near = folded.get(fold(subject));
  const instead = near === undefined ? "" : `, but ${quoted(near)}; every letter counts`;
  return bad(`${path} does not list ${quoted(subject)}${instead}`, `Add ${quoted(subject)} to it.`, node);
}

function inboundSteps(inbound: InboundModel, subject: string): Step[] {
  const name = inbound.tag === undefined ? `without a tag, which sing-box calls ${quoted(subject)}` : "with this tag";
  const steps = [good(`there is an inbound ${name} (${inbound.protocol})`, inbound.node)];
  const detour = stringOf(member(inbound.node, "detour"));
  if (detour === undefined || detour === "") return steps;
  const text = `all that comes in there goes on to inbound ${quoted(detour)} by its detour and is counted there alone`;
  return [...steps, bad(text, `Read inbound>>>${detour}>>>… instead.`, member(inbound.node, "detour"))];
}

function managedInbound({ inbounds }: ConfigModel): InboundModel | undefined {
  return inbounds.find(({ protocol, node }) => protocol === "shadowsocks" && isTrue(member(node, "managed")));
}
