import { modelOfInput } from "../../config/explain/model-of-input.ts";
import { guessConfigTarget } from "../../config/load/guess-target.ts";
import { stringOf } from "../../config/syntax/lookup.ts";

/** The users of a configuration, and the ids and passwords by which cores know each of them. */
export type ConfigUsers = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Reads who the users of a core are.
 *
 * @throws ConfigError where it cannot be read.
 */
export function readConfigUsers(file: { readonly name: string; readonly text: string }): ConfigUsers {
  const { core } = guessConfigTarget([file]);
  const users = new Map<string, Set<string>>();
  for (const inbound of modelOfInput([file], { core }).inbounds)
    for (const { name, secretNode } of inbound.users) {
      if (name === undefined) continue;
      const secrets = users.get(name) ?? new Set();
      users.set(name, secrets);
      const secret = stringOf(secretNode);
      if (secret !== undefined) secrets.add(secret);
    }
  return users;
}
