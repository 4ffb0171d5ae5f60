import * as v from "valibot";
import { StatsError } from "../../errors/stats-error.ts";
import { type BearerKey, keyRights, type SigningSecret } from "./key.ts";

/**
 * What a key file holds. Keep secrets in a file of their own: who gets hold of one with keys alone can send nothing.
 *
 * As JSON: `{ "version": 1, "keys": [{ "id", "node", "rights", "hash", "notBefore", "notAfter" }], "secrets": [{ …,
 * "secret" }] }`, times as `2026-01-31T23:59:59.999Z`; `keys`, `secrets` and times may be missing.
 */
export interface KeyFile {
  /** Bearer keys. */
  readonly keys: readonly BearerKey[];
  /** Secrets for signatures. */
  readonly secrets: readonly SigningSecret[];
}

const time = v.optional(
  v.pipe(
    v.string(),
    v.isoTimestamp("a time as in 2026-01-31T23:59:59Z"),
    v.transform((text) => new Date(text)),
    // One that is none would compare as never over.
    v.check((date) => !Number.isNaN(date.getTime()), "a time as in 2026-01-31T23:59:59Z"),
  ),
);

const holder = {
  id: v.pipe(v.string(), v.regex(/^[0-9a-z]{10}$/, "10 letters and digits")),
  node: v.pipe(v.string(), v.nonEmpty("the name of a node")),
  rights: v.array(v.picklist(keyRights)),
  notBefore: time,
  notAfter: time,
};

const fileSchema = v.object({
  version: v.literal(1),
  keys: v.optional(
    v.array(v.object({ ...holder, hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "64 hexadecimal digits")) })),
    [],
  ),
  secrets: v.optional(
    v.array(v.object({ ...holder, secret: v.pipe(v.string(), v.minLength(32, "32 characters or more")) })),
    [],
  ),
});

/**
 * Reads the text of a key file.
 *
 * @param name - The file's name, for messages; they never show what stands in it.
 * @throws StatsError with code `bad-config` where it is no key file, or an id stands there twice.
 */
export function parseKeyFile(text: string, name: string): KeyFile {
  const parsed = v.safeParse(fileSchema, parseJson(text, name), { abortEarly: true });
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const path = v.getDotPath(issue);
    const expected = issue.kind === "validation" ? issue.message : issue.expected;
    throw notKeys(name, `${path ?? "the whole"} must be ${expected}`);
  }
  const { keys, secrets } = parsed.output;
  assertIdsDiffer([...keys, ...secrets], name);
  return { keys, secrets };
}

/** Writes a key file's text; the reverse of {@link parseKeyFile}. */
export function formatKeyFile({ keys, secrets }: KeyFile): string {
  const content = {
    version: 1,
    ...(keys.length > 0 && { keys }),
    ...(secrets.length > 0 && { secrets }),
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

/** Two entries of one id could not be told apart. @throws StatsError with code `bad-config`. */
export function assertIdsDiffer(entries: readonly { readonly id: string }[], name: string): void {
  const seen = new Set<string>();
  for (const { id } of entries) {
    if (seen.has(id)) throw notKeys(name, `the id ${id} stands there twice`);
    seen.add(id);
  }
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notKeys(name, "it is not JSON"); // without the cause: V8's message shows the text
  }
}

function notKeys(name: string, why: string): StatsError {
  return new StatsError("bad-config", `${name} is not a key file: ${why}`, {
    advice: "Restore it, or make new keys with `v2ray-stats inform keys add`.",
  });
}
