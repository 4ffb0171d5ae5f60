import type { InboundModel, UserModel } from "../../model/config-model.ts";
import { member, stringOf } from "../../syntax/lookup.ts";
import type { ConfigNode } from "../../syntax/node.ts";
import type { Rule } from "../rule.ts";
import { groupUsers, inboundName, namesOf } from "./users-wording.ts";

/** What the list of users is called in the settings of an inbound; jsonv5 by its full names. */
const listNames: Readonly<Record<"v2ray" | "jsonv5", ReadonlyMap<string, string>>> = {
  v2ray: new Map([
    ["vmess", "clients"],
    ["vless", "clients"],
    ["trojan", "clients"],
    ["socks", "accounts"],
    ["http", "accounts"],
  ]),
  jsonv5: new Map([
    ["vmess", "user"],
    ["vless", "clients"],
    ["trojan", "users"],
  ]),
};
const otherListNames = ["clients", "client", "users", "user", "accounts"];
const otherNames = ["name", "user", "username", "mail", "e-mail"];

export const usersKeyWrong: Rule = {
  id: "users-key-wrong",
  severity: "error",
  targets: ["v2ray4", "v2ray5", "v2ray5-jsonv5", "xray"],
  summary: "The list of users, or the name of a user, stands under a name that the core does not read there.",
  consequence: "The core starts and ignores it: nobody can connect, or there are no user counters.",
  fix: "Call the list `clients` (of socks and http `accounts`), and the name `email`.",
  evidence: "measured",
  check({ target, inbounds }, report) {
    const isJsonV5 = target === "v2ray5-jsonv5";
    const names = listNames[isJsonV5 ? "jsonv5" : "v2ray"];
    for (const inbound of inbounds) {
      const wanted = names.get(inbound.protocol);
      const list = wanted === undefined ? undefined : misnamedList(inbound, wanted, isJsonV5);
      if (list === undefined || wanted === undefined) continue;
      const key = JSON.stringify(list.key);
      report({
        at: list,
        onKey: true,
        message: `${inboundName(inbound)} calls its users ${key}; ${inbound.protocol} reads "${wanted}"`,
        ...(isJsonV5 && { consequence: `The core refuses to start: \`unknown field "${list.key}"\`.` }),
        ...(inbound.protocol === "http" && { consequence: "The core starts and asks nobody for a password." }),
        edit: (editor) => editor.rename(list, wanted),
      });
    }
    const misnamed = groupUsers(inbounds, (user, inbound) => (misnamedName(user) === undefined ? undefined : inbound));
    for (const [inbound, users] of misnamed) {
      const nodes = users.map(({ user }) => misnamedName(user) as ConfigNode);
      const [first] = nodes;
      if (first === undefined) continue;
      const values = namesOf(
        nodes.map((node) => node.value as string),
        nodes.length,
      );
      const are = nodes.length === 1 ? "is" : "are";
      report({
        at: first,
        onKey: true,
        message: `${values} of ${inboundName(inbound)} ${are} named by "${first.key}"; the core reads "email"`,
        ...(isJsonV5 && { consequence: `The core refuses to start: \`unknown field "${first.key}"\`.` }),
        edit: (editor) => {
          for (const node of nodes) editor.rename(node, "email");
        },
      });
    }
  },
};

/** A list of users under another name than that which the core reads; only where the right one is absent. */
function misnamedList(
  { settings, protocolNode }: InboundModel,
  wanted: string,
  isJsonV5: boolean,
): ConfigNode | undefined {
  if (settings === undefined || member(settings, wanted) !== undefined) return undefined;
  // The short form of jsonv5 has names of its own.
  if (isJsonV5 && !stringOf(protocolNode)?.startsWith("#")) return undefined;
  for (const name of otherListNames) {
    const list = member(settings, name);
    if (list?.kind === "array" && list.children.length > 0) return list;
  }
  return undefined;
}

/** What looks like the name of a user without one. */
export function misnamedName({ node, nameNode, name }: UserModel): ConfigNode | undefined {
  if (name !== undefined || nameNode !== undefined || node.kind !== "object") return undefined;
  for (const other of otherNames) {
    const found = member(node, other);
    if (stringOf(found)) return found;
  }
  return undefined;
}
