import { modelOfInput } from "../../config/explain/model-of-input.ts";
import { guessConfigTarget } from "../../config/load/guess-target.ts";
import type { ConfigInput } from "../../config/load/parse-config.ts";
import type { UserModel } from "../../config/model/config-model.ts";
import { plainId } from "../../config/model/shared-secrets.ts";
import { stringOf } from "../../config/syntax/lookup.ts";
import type { ConfigTarget } from "../../config/target.ts";
import type { ServedKey } from "./served-key.ts";
import type { KeyPorts } from "./socket-table.ts";

/** Where a UUID is what names a user to the core; elsewhere a secret that looks like one is a password. */
const tellsIds: ReadonlySet<string> = new Set(["vmess", "vless"]);

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Options of {@link keysOfConfig}. */
export interface KeysOfConfigOptions {
  /** The core that reads it. @defaultValue guessed */
  readonly core?: ConfigTarget | undefined;
}

/**
 * Reads the keys of a core's configuration: each user with a name, under every inbound it is in; and each inbound
 * without such users that has a tag. So no byte is in two keys. The API's own inbound is none. A UUID that lets a VMess or
 * VLESS user in is told in answers, as the manager does; passwords never are, whatever they look like.
 *
 * @throws ConfigError where it cannot be read.
 */
export function keysOfConfig(input: ConfigInput, options: KeysOfConfigOptions = {}): ServedKey[] {
  const { core = guessConfigTarget(input).core } = options;
  const users = new Map<string, { readonly uuids: Set<string>; readonly ports: KeyPorts[] }>();
  const inbounds = new Map<string, KeyPorts[]>();
  for (const inbound of modelOfInput(input, { core }).inbounds) {
    if (inbound.leadsToApi) continue;
    const named = inbound.users.filter(({ name }) => name !== undefined);
    for (const user of named) {
      const name = user.name as string;
      const known = users.get(name) ?? { uuids: new Set(), ports: [] };
      users.set(name, known);
      known.ports.push(...inbound.ports.filter((range) => !known.ports.some(({ from }) => from === range.from)));
      const id = tellsIds.has(inbound.protocol) ? uuidOf(user) : undefined;
      if (id !== undefined) known.uuids.add(id);
    }
    if (named.length === 0 && inbound.tag !== undefined) inbounds.set(inbound.tag, [...inbound.ports]);
  }
  const keys: ServedKey[] = Array.from(users, ([name, { uuids, ports }]) => {
    const all = uuids.size === 0 && uuid.test(plainId(name)) ? [plainId(name)] : [...uuids];
    return { id: name, name, uuids: all, counter: { scope: "user", subject: name }, ports, isActive: true };
  });
  for (const [tag, ports] of inbounds) {
    const id = users.has(tag) ? `inbound:${tag}` : tag;
    keys.push({ id, name: tag, uuids: [], counter: { scope: "inbound", subject: tag }, ports, isActive: true });
  }
  return keys;
}

function uuidOf({ secretNode }: UserModel): string | undefined {
  const text = plainId(stringOf(secretNode) ?? "");
  return uuid.test(text) ? text : undefined;
}
