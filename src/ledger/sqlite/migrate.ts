import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { LedgerError } from "../ledger-error.ts";
import { migrations, schemaVersion } from "./schema.ts";

/** "v2st" in ASCII: tells our files from others. */
const applicationId = 0x76327374;

/**
 * Brings the schema up to date, as a writer must; for a reader it must be one that is known.
 *
 * @param steps What makes each schema out of the one before.
 */
export function migrate(
  database: DatabaseSync,
  file: string,
  readOnly: boolean,
  steps: readonly string[] = migrations,
): void {
  const newest = steps.length;
  // Before anything is changed: it may be somebody else's.
  const version = versionOf(database, file, newest);
  if (readOnly) {
    if (version < newest)
      throw new LedgerError("older-schema", `the ledger ${file} is ${version === 0 ? "empty" : "of an older schema"}`, {
        advice: "Open it once for writing: `collect`, `drain` or `adjust` bring it up to date.",
      });
    return;
  }
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  // In pages: a poll that moves everything writes some 1,500, which are copied back with the third one.
  database.exec("PRAGMA wal_autocheckpoint = 4000");
  database.exec("BEGIN IMMEDIATE");
  try {
    // Under the lock: of two processes that open a new file, one finds the other's schema.
    for (let version = versionOf(database, file, newest); version < newest; version++)
      database.exec(steps[version] as string);
    database.exec(`PRAGMA user_version = ${newest}; PRAGMA application_id = ${applicationId}`);
    database.prepare("INSERT INTO ledger (id) SELECT ? WHERE NOT EXISTS (SELECT 1 FROM ledger)").run(randomUUID());
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** Refuses, in a transaction, what a newer release has taken over. */
export function assertSchema(database: DatabaseSync): void {
  const version = pragma(database, "user_version");
  if (version !== schemaVersion)
    throw new LedgerError(
      "schema-changed",
      `the ledger has schema ${version} now, this release knows ${schemaVersion}`,
      {
        advice: "Start this program anew with the release that migrated the ledger.",
      },
    );
}

function versionOf(database: DatabaseSync, file: string, newest: number): number {
  const version = pragma(database, "user_version");
  if (pragma(database, "application_id") !== applicationId) {
    const { count } = database.prepare("SELECT count(*) AS count FROM sqlite_schema").get() as { count: number };
    if (count > 0)
      throw new LedgerError("not-a-ledger", `${file} is a database of another program`, {
        advice: "Name a file that this package made, or one that is not there yet.",
      });
  }
  if (version > newest)
    throw new LedgerError("newer-schema", `the ledger ${file} has schema ${version}, this release knows ${newest}`, {
      advice: "Use the release that made it, or a newer one.",
    });
  return version;
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}
