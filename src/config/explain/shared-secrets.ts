import { inboundName, named } from "../check/rules/users-wording.ts";
import type { ConfigModel, InboundModel, UserModel } from "../model/config-model.ts";
import { plainId, secretWinner } from "../model/shared-secrets.ts";
import { stringOf } from "../syntax/lookup.ts";
import type { ConfigTarget } from "../target.ts";
import { bad, good, type Step } from "./step.ts";
import type { UserPlace } from "./user-place.ts";

/** The first and the last user of an inbound with one secret. */
interface Sharers {
  readonly first: UserModel;
  readonly last: UserModel;
}

/** Says who else has a user's secret, and so gets the traffic; nothing where nobody has. */
export type SecretSteps = (place: UserPlace) => Step[];

/** Makes {@link SecretSteps}: the first question looks at every user, those to come at an index. */
export function createSecretSteps({ target }: ConfigModel): SecretSteps {
  const indexes = new Map<InboundModel, ReadonlyMap<string, Sharers>>();
  let isFirst = true;

  function sharersOf(inbound: InboundModel, secret: string): Sharers | undefined {
    if (isFirst) {
      isFirst = false;
      const same = inbound.users.filter((user) => secretOf(user, inbound, target) === secret);
      return same[0] && { first: same[0], last: same.at(-1) as UserModel };
    }
    const index = indexes.get(inbound) ?? indexSharers(inbound, target);
    indexes.set(inbound, index);
    return index.get(secret);
  }

  return ({ inbound, user, name }) => {
    const secret = user && secretOf(user, inbound, target);
    const sharers = secret === undefined ? undefined : sharersOf(inbound, secret);
    if (user === undefined || sharers === undefined || sharers.first === sharers.last) return [];
    const { first, last } = sharers;
    const winner = secretWinner(inbound, target);
    // That the core refuses to start is said before.
    if (winner === undefined || winner === "nobody") return [];
    if (winner === "chance") {
      const other = first === user ? last : first;
      const text = `in ${inboundName(inbound)} ${nameOf(other)} has the same secret: chance decides for whom a connection counts`;
      return [good(text, user.secretNode)];
    }
    const owner = winner === "first" ? first : last;
    if (owner.name === name) return [];
    const text = `in ${inboundName(inbound)} all its traffic goes to ${nameOf(owner)}, who has the same secret`;
    return [bad(text, `Give ${named(name)} a secret of its own.`, user.secretNode)];
  };
}

function nameOf({ name }: UserModel): string {
  return name === undefined ? "another user without a name" : named(name);
}

function indexSharers(inbound: InboundModel, target: ConfigTarget): ReadonlyMap<string, Sharers> {
  const index = new Map<string, Sharers>();
  for (const user of inbound.users) {
    const secret = secretOf(user, inbound, target);
    if (secret !== undefined) index.set(secret, { first: index.get(secret)?.first ?? user, last: user });
  }
  return index;
}

/** What the inbound tells its users apart by; `undefined` where that is their name. */
function secretOf({ secretNode }: UserModel, { protocol }: InboundModel, target: ConfigTarget): string | undefined {
  const text = stringOf(secretNode);
  if (text === undefined) return undefined;
  switch (protocol) {
    case "vmess":
      return plainId(text);
    case "vless": {
      const id = plainId(text);
      // Xray takes two bytes of the id for other ends. Source: Xray-core 26.3.27, proxy/vless/validator.go
      return target === "xray" ? id.slice(0, 14) + id.slice(18) : id;
    }
    case "trojan":
    case "shadowsocks":
      return text;
    default:
      return undefined;
  }
}
