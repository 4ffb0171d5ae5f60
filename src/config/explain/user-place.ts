import type { ConfigModel, InboundModel, UserModel } from "../model/config-model.ts";
import { levelOf } from "../model/read-parts.ts";
import { member, memberAt, stringOf } from "../syntax/lookup.ts";
import type { ConfigNode } from "../syntax/node.ts";

/** Where a core knows somebody by a name. */
export interface UserPlace {
  readonly name: string;
  readonly inbound: InboundModel;
  /** As in a {@link UserModel}; of sing-box always 0. */
  readonly level: number | undefined;
  readonly levelNode: ConfigNode | undefined;
  readonly node: ConfigNode;
  /** The user there; `undefined` where a vmess detour brings users of another inbound. */
  readonly user: UserModel | undefined;
  /** The inbound whose detour brings the user here. */
  readonly from: InboundModel | undefined;
}

/** All places of a configuration. */
export interface UserPlaces {
  /** Those of a name. */
  of(name: string): readonly UserPlace[];
  /** Each name once. */
  names(): Iterable<string>;
}

/** Looks through the configuration at the first question for a name, and makes an index for those to come. */
export function userPlaces(model: ConfigModel): UserPlaces {
  let isFirst = true;
  let known: ReadonlyMap<string, readonly UserPlace[]> | undefined;
  const index = (): ReadonlyMap<string, readonly UserPlace[]> => {
    known ??= collectPlaces(model);
    return known;
  };
  return {
    of(name) {
      const places = isFirst && known === undefined ? collectPlaces(model, name) : index();
      isFirst = false;
      return places.get(name) ?? [];
    },
    names: () => index().keys(),
  };
}

/** Places by their names, or those of one name alone. */
function collectPlaces(model: ConfigModel, only?: string): Map<string, UserPlace[]> {
  const places = new Map<string, UserPlace[]>();
  const add = (place: UserPlace): void => {
    const known = places.get(place.name);
    if (known === undefined) places.set(place.name, [place]);
    else known.push(place);
  };
  for (const inbound of model.inbounds) {
    for (const user of inbound.users) {
      const { name } = user;
      if (name !== undefined && (only === undefined || name === only))
        add({ name, inbound, level: user.level, levelNode: user.levelNode, node: user.node, user, from: undefined });
    }
  }
  if (model.target === "v2ray4" || model.target === "v2ray5") detourPlaces(model, add);
  return places;
}

/**
 * V2Ray sends users of a vmess inbound with `detour` on to another one, which knows them by their name in lower case and
 * gives a level of its own to those it has not.
 *
 * Source: V2Ray 5.52, proxy/vmess/inbound/inbound.go, `generateCommand`, `userByEmail.Get`.
 */
function detourPlaces(model: ConfigModel, add: (place: UserPlace) => void): void {
  for (const from of model.inbounds) {
    const to = from.protocol === "vmess" ? detourOf(from) : undefined;
    const inbound = to && model.inbounds.find(({ tag, protocol }) => tag === to && protocol === "vmess");
    if (!inbound) continue;
    const known = new Set(inbound.users.map(({ name }) => name?.toLowerCase()));
    const levelNode = memberAt(inbound.settings, "default", "level");
    for (const { name: written, node } of from.users) {
      const name = written?.toLowerCase();
      if (name === undefined || known.has(name)) continue;
      known.add(name);
      add({ name, inbound, level: levelOf(levelNode), levelNode, node, user: undefined, from });
    }
  }
}

function detourOf({ settings }: InboundModel): string | undefined {
  const detour = member(settings, "detour") ?? memberAt(settings, "features", "detour");
  return stringOf(member(detour, "to"));
}
