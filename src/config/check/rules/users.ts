import type { InboundModel, UserModel } from "../../model/config-model.ts";
import { member, stringOf } from "../../syntax/lookup.ts";
import type { ConfigTarget } from "../../target.ts";
import type { Rule } from "../rule.ts";
import { wantsStats } from "./policy-flags.ts";
import { misnamedName } from "./users-keys.ts";
import { countedInbounds, groupUsers, inboundName, isLogin, valueText } from "./users-wording.ts";

const v2rays: readonly ConfigTarget[] = ["v2ray4", "v2ray5", "v2ray5-jsonv5", "xray"];

export const userWithoutEmail: Rule = {
  id: "user-without-email",
  severity: "warning",
  targets: v2rays,
  summary: "A user has no `email`, the name under which V2Ray and Xray count.",
  consequence: "What the user moves is counted for the inbound and the outbound, and for no user.",
  fix: "Give the user an `email`; any text will do that no other user has.",
  evidence: "measured",
  check(model, report) {
    if (!wantsStats(model)) return;
    const nameless = groupUsers(countedInbounds(model), (user, inbound) => {
      return isNameless(user) && !isOtherwiseKnown(user, inbound) ? inbound : undefined;
    });
    for (const [inbound, users] of nameless) {
      const [first] = users;
      if (first === undefined) continue;
      const count = users.length;
      const who =
        count === 1 ? `a user of ${inboundName(inbound)} has` : `${count} users of ${inboundName(inbound)} have`;
      report({ at: first.user.nameNode ?? first.user.node, message: `${who} no email` });
    }
  },
};

function isNameless({ name, nameNode }: UserModel): boolean {
  return name === undefined && (nameNode === undefined || nameNode.kind === "null" || nameNode.kind === "string");
}

/** Whether another rule says more about it, or the user is named by a login. */
function isOtherwiseKnown(user: UserModel, inbound: InboundModel): boolean {
  const { protocol, settings } = inbound;
  if (user.node.kind !== "object" || misnamedName(user) !== undefined || isLogin(inbound)) return true;
  const is2022 = protocol === "shadowsocks" && stringOf(member(settings, "method"))?.startsWith("2022-") === true;
  return is2022 && user.node !== settings;
}

export const userEmailNotString: Rule = {
  id: "user-email-not-string",
  severity: "error",
  targets: v2rays,
  summary: "A user's name is something else than a text.",
  consequence: "The core refuses to start: `json: cannot unmarshal number into Go struct field User.email`.",
  fix: "Write the name in quotes.",
  evidence: "measured",
  check({ inbounds }, report) {
    const wrong = groupUsers(inbounds, ({ nameNode }, inbound) => {
      return nameNode === undefined || nameNode.kind === "string" || nameNode.kind === "null" ? undefined : inbound;
    });
    for (const [inbound, users] of wrong) {
      const nodes = users.flatMap(({ user: { nameNode } }) => nameNode ?? []);
      const [first] = nodes;
      if (first === undefined) continue;
      const more = nodes.length === 1 ? "" : `, and ${nodes.length - 1} more like it`;
      const key = first.key ?? "email";
      report({
        at: first,
        message: `the ${key} of a user of ${inboundName(inbound)} is ${valueText(first)}, which is no text${more}`,
        edit: nodes.every(({ kind }) => kind === "number")
          ? (editor) => {
              for (const node of nodes) editor.replace(node, node.file.text.slice(node.start, node.end));
            }
          : undefined,
      });
    }
  },
};
