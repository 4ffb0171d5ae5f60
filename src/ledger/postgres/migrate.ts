import { randomUUID } from "node:crypto";
import { LedgerError } from "../ledger-error.ts";
import { migrations, schemaVersion } from "./schema.ts";
import { quoted, type Session } from "./session.ts";

/** Looks for a schema that can be read. @param newest The one that this release knows. */
export async function assertReadable(session: Session, schema: string, newest: number = schemaVersion): Promise<void> {
  const version = await versionOf(session, schema, newest);
  if (version === undefined)
    throw new LedgerError("unavailable", `there is no ledger ${schema} that can be read`, {
      advice: "Check the database, the schema and this user's rights; it is made when readings are recorded.",
    });
  if (version < newest)
    throw new LedgerError("older-schema", `the ledger ${schema} is of an older schema`, {
      advice: "Open it once for writing: `collect`, `drain` or `adjust` bring it up to date.",
    });
}

/** Whether the schema is as this release writes it. */
export async function isCurrent(session: Session, schema: string): Promise<boolean> {
  return (await versionOf(session, schema)) === schemaVersion;
}

/** Brings the schema up to date, in a transaction. @param steps What makes each schema out of the one before. */
export async function migrate(
  session: Session,
  schema: string,
  steps: readonly (readonly string[])[] = migrations,
): Promise<void> {
  const [database] = await session.query("SELECT current_setting('server_encoding') AS encoding");
  if (database?.encoding !== "UTF8")
    throw new LedgerError("unwritable", `the ledger ${schema}: the database has the encoding ${database?.encoding}`, {
      advice: "Use a database of the encoding UTF8.",
    });
  // Of two processes that open an empty database, one finds the other's schema.
  await session.query("SELECT pg_advisory_xact_lock(hashtext($1)) IS NULL AS locked", `v2ray-stats ${schema}`);
  const newest = steps.length;
  const found = await versionOf(session, schema, newest);
  if (found === newest) return;
  if (found === undefined) {
    const schemas = await session.query("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1", schema);
    if (schemas.length === 0) await session.query(`CREATE SCHEMA ${quoted(schema)}`);
  } else {
    // Before all else: it waits for writers. Those that make a node first: else its row would keep the old schema.
    await session.query("UPDATE @.ledger SET schema = $1", newest);
    await session.query("UPDATE @.node SET schema = $1", newest);
  }
  for (const statements of steps.slice(found ?? 0)) for (const text of statements) await session.query(text);
  if (found === undefined)
    await session.query("INSERT INTO @.ledger (id, schema) VALUES ($1, $2)", randomUUID(), newest);
}

/** Refuses to read what a newer release has migrated while it was open. */
export async function assertUnchanged(session: Session): Promise<void> {
  const [ledger] = await session.query("SELECT schema FROM @.ledger");
  assertSchema(ledger?.schema);
}

/** Refuses what a newer release has taken over. */
export function assertSchema(version: unknown): void {
  if (Number(version) !== schemaVersion)
    throw new LedgerError(
      "schema-changed",
      `the ledger has schema ${version} now, this release knows ${schemaVersion}`,
      { advice: "Start this program anew with the release that migrated the ledger." },
    );
}

/** The schema's version; `undefined` where there is no ledger. */
async function versionOf(session: Session, schema: string, newest = schemaVersion): Promise<number | undefined> {
  const tables = await session.query(
    "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = $1 AND tablename = 'ledger'",
    schema,
  );
  if (tables.length === 0) return undefined;
  const [ledger] = await session.query("SELECT schema FROM @.ledger");
  const version = Number(ledger?.schema);
  if (!(version > 0))
    throw new LedgerError("not-a-ledger", `the schema ${schema} is another program's, or damaged`, {
      advice: "Name a schema that this package made, or one that is not there yet.",
    });
  if (version > newest)
    throw new LedgerError("newer-schema", `the ledger ${schema} has schema ${version}, this release knows ${newest}`, {
      advice: "Use the release that made it, or a newer one.",
    });
  return version;
}
