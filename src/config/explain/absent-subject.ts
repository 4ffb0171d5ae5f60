import type { Scope } from "../../names/stat-name.ts";
import { inboundName, named } from "../check/rules/users-wording.ts";
import type { ConfigModel, InboundModel } from "../model/config-model.ts";
import type { ConfigNode } from "../syntax/node.ts";
import { targetName } from "../target.ts";
import type { DeclaredSubject } from "./counter-family.ts";
import { nearNames } from "./near-names.ts";
import { bad, good, quoted, type Step } from "./step.ts";

/** Says that nobody is called so, where the name stands all the same, and what may be meant. */
export function absentSubjectSteps(model: ConfigModel, { scope, subject }: DeclaredSubject): Step[] {
  const near = nearNames(subject, namesIn(model, scope));
  const elsewhere = scopes.filter((other) => other !== scope && namesIn(model, other).includes(subject));
  const what = scope === "user" ? "no inbound has a user called" : `no ${scope} has the tag`;
  const advice = near.length > 0 ? `Did you mean ${near.map(quoted).join(" or ")}? Case counts.` : missingAdvice[scope];
  return [
    subject === ""
      ? bad(`what has no ${scope === "user" ? "name" : "tag"} is not counted`, missingAdvice[scope])
      : bad(`${what} ${quoted(subject)}`, advice),
    ...elsewhere.map((other) => good(`${quoted(subject)} is ${withArticle(other)}: see ${other}>>>${subject}>>>…`)),
    ...(scope === "user" && subject !== "" ? strayUserSteps(model, subject) : []),
    ...(scope === "user" && addsUsers(model) ? [good("HandlerService can add users while the core runs")] : []),
  ];
}

const missingAdvice = {
  user: "Give the user this name, or ask for the name it has.",
  inbound: "Give the inbound this tag, or ask for the tag it has.",
  outbound: "Give the outbound this tag, or ask for the tag it has.",
};

function withArticle(scope: Scope): string {
  return scope === "user" ? "a user" : `an ${scope}`;
}

const scopes = ["inbound", "outbound", "user"] as const;

function namesIn(model: ConfigModel, scope: Scope): string[] {
  if (scope === "user") return model.inbounds.flatMap(({ users }) => users.flatMap(({ name }) => name ?? []));
  return (scope === "inbound" ? model.inbounds : model.outbounds).flatMap(({ tag }) => tag ?? []);
}

function addsUsers({ api }: ConfigModel): boolean {
  return api?.services.some((service) => /^(handlerservice|proxyman)$/i.test(service)) === true;
}

/** Where the name stands as a user's and is not read as one. */
function strayUserSteps(model: ConfigModel, name: string): Step[] {
  const steps: Step[] = [];
  for (const inbound of model.inbounds) {
    const at = findName(inbound.settings, name);
    if (at !== undefined) steps.push(strayStep(model, inbound, name, at));
  }
  for (const { tag, node } of model.outbounds) {
    const at = findName(node, name);
    const label = tag === undefined ? "an outbound" : `outbound ${quoted(tag)}`;
    if (at === undefined) continue;
    const advice = "Ask the core at the other end: it counts its users.";
    steps.push(bad(`${label} logs in as ${named(name)}, which is counted only where it arrives`, advice, at));
  }
  return steps;
}

function strayStep({ target }: ConfigModel, inbound: InboundModel, name: string, at: ConfigNode): Step {
  const label = inboundName(inbound);
  switch (inbound.protocol) {
    case "socks":
    case "mixed":
      return bad(`${label} asks for no password, so it cannot tell its users apart`, `Set "auth": "password".`, at);
    case "shadowsocks":
      if (target !== "xray") {
        const text = `${targetName(target)} knows one user of a shadowsocks inbound, by settings.email alone`;
        return bad(text, "Put the email into settings, or use an inbound for each user.", at);
      }
      break;
    case "vmess":
    case "vless":
    case "trojan":
    case "http":
    case "hysteria":
      break;
    default:
      return bad(
        `${targetName(target)} does not count the users of ${label}, which speaks ${inbound.protocol}`,
        "Count the inbound by its tag, or use a protocol whose users are counted.",
        at,
      );
  }
  const list = inbound.protocol === "http" ? `settings.accounts with "user"` : `settings.clients with "email"`;
  return bad(`${label} does not read a user ${named(name)} from here`, `Name its users in ${list}.`, at);
}

const nameKeys = /^(?:email|user|name|username)$/i;

function findName(node: ConfigNode | undefined, name: string): ConfigNode | undefined {
  if (node === undefined) return undefined;
  for (const child of node.children) {
    if (child.kind === "string" && child.value === name && nameKeys.test(child.key ?? "")) return child;
    const found = child.children.length === 0 ? undefined : findName(child, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
