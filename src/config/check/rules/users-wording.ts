import type { ConfigModel, InboundModel, UserModel } from "../../model/config-model.ts";
import type { ConfigNode } from "../../syntax/node.ts";

/** A user with the inbound that lets him in. */
export interface PlacedUser {
  readonly user: UserModel;
  readonly inbound: InboundModel;
}

/** The inbounds whose users are counted: not those that lead to the API. */
export function countedInbounds({ inbounds }: ConfigModel): InboundModel[] {
  return inbounds.filter(({ leadsToApi, users }) => !leadsToApi && users.length > 0);
}

/** A name as it stands in a sentence: in quotes where it is not plain. */
export function named(name: string): string {
  return /^[\w.@+-]+$/.test(name) ? name : JSON.stringify(name);
}

/** An inbound in a sentence. */
export function inboundName({ tag, protocol, ports }: InboundModel): string {
  if (tag !== undefined) return `inbound ${JSON.stringify(tag)}`;
  const port = ports[0]?.from;
  return `the ${protocol} inbound${port === undefined ? "" : ` on port ${port}`}`;
}

/** Several inbounds in a sentence, the first three by name. */
export function inboundNames(inbounds: readonly InboundModel[]): string {
  return listed(inbounds.slice(0, 3).map(inboundName), inbounds.length);
}

/** Whether the users of an inbound of V2Ray or Xray log in by their names. */
export function isLogin({ protocol }: InboundModel): boolean {
  return protocol === "socks" || protocol === "http" || protocol === "mixed";
}

/** Names in a sentence, the first three of them. */
export function namesOf(names: Iterable<string>, count: number): string {
  const shown: string[] = [];
  for (const name of names) {
    shown.push(named(name));
    if (shown.length === 3) break;
  }
  return listed(shown, count);
}

/** "a, b and 12 more": the first of `count` things. */
export function listed(shown: readonly string[], count: number): string {
  const rest = count - shown.length;
  if (rest > 0) return `${shown.join(", ")} and ${rest} more`;
  return shown.length < 2 ? shown.join() : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

/** A value in a sentence, as it is written. */
export function valueText({ kind, file, start, end }: ConfigNode): string {
  if (kind === "object") return "an object";
  if (kind === "array") return "a list";
  return end - start > 40 ? `${file.text.slice(start, start + 39)}…` : file.text.slice(start, end);
}

/** "user alice of inbound "in"", or of several users their number and the first names. */
export function usersText(users: readonly PlacedUser[]): string {
  const place = inboundNames([...new Set(users.map(({ inbound }) => inbound))]);
  const names = users.map(({ user }) => user.name).filter((name) => name !== undefined);
  const of =
    names.length === 0 ? "" : users.length === 1 ? ` ${namesOf(names, 1)}` : ` (${namesOf(names, users.length)})`;
  return users.length === 1 ? `user${of} of ${place}` : `${users.length} users${of} of ${place}`;
}

/** Sorts users into groups, and leaves out those without a key. */
export function groupUsers<Key>(
  inbounds: readonly InboundModel[],
  keyOf: (user: UserModel, inbound: InboundModel) => Key | undefined,
): Map<Key, PlacedUser[]> {
  const groups = new Map<Key, PlacedUser[]>();
  for (const inbound of inbounds) {
    for (const user of inbound.users) {
      const key = keyOf(user, inbound);
      if (key === undefined) continue;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [{ user, inbound }]);
      else group.push({ user, inbound });
    }
  }
  return groups;
}
