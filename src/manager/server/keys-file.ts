import * as v from "valibot";
import type { ServedKey } from "./served-key.ts";

const text = v.pipe(v.string(), v.nonEmpty());

const fileKey = v.object({
  id: v.optional(text),
  name: v.optional(text),
  uuid: v.nullish(text),
  email: v.nullish(text),
  inbound: v.nullish(text),
  port: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535))),
  created_at: v.nullish(text),
  is_active: v.optional(v.boolean(), true),
  short_id: v.nullish(text),
});

const file = v.union([v.array(fileKey), v.object({ keys: v.array(fileKey) })]);

/**
 * Reads a keys file: a JSON list, also as the member `keys`, of objects as the manager keeps them (`id`, `name`, `uuid`,
 * `port`, `created_at`, `is_active`, `short_id`). Whose counters a key has says `email`, or `inbound` with a tag, or
 * else its `uuid`, which is the e-mail in the manager's own configurations.
 *
 * @throws TypeError where it is none, without showing what stands there.
 */
export function parseKeysFile(json: string): ServedKey[] {
  let input: unknown;
  try {
    input = JSON.parse(json);
  } catch {
    throw new TypeError("the keys file is no JSON");
  }
  const read = v.safeParse(file, input);
  if (!read.success) throw new TypeError("the keys file must be a list of keys: objects with id, uuid, email, port");
  const list = Array.isArray(read.output) ? read.output : read.output.keys;
  return list.map((key, at): ServedKey => {
    const subject = key.inbound ?? key.email ?? key.uuid;
    if (!subject) throw new TypeError(`key ${at + 1} of the keys file has no email, inbound or uuid`);
    return {
      id: key.id ?? subject,
      name: key.name ?? subject,
      uuids: key.uuid ? [key.uuid.toLowerCase()] : [],
      counter: { scope: key.inbound ? "inbound" : "user", subject },
      ports: key.port ? [{ from: key.port, to: key.port }] : [],
      createdAt: key.created_at ?? undefined,
      isActive: key.is_active,
      shortId: key.short_id ?? undefined,
    };
  });
}
