/** The newest schema; a ledger of a higher one belongs to a newer release. */
export const schemaVersion = 2;

/** What makes each schema out of the one before. Forward only. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE ledger (id TEXT NOT NULL) STRICT;
  -- Names are bytes: an e-mail may hold U+0000.
  CREATE TABLE node (
    id INTEGER PRIMARY KEY, ledger TEXT NOT NULL, name BLOB NOT NULL, state TEXT NOT NULL, revision INTEGER NOT NULL,
    names INTEGER NOT NULL, token INTEGER NOT NULL, holder TEXT, heartbeat INTEGER NOT NULL, base TEXT,
    UNIQUE (ledger, name)
  ) STRICT;
  CREATE UNIQUE INDEX node_own ON node (name) WHERE state = 'own';
  CREATE TABLE session (node INTEGER NOT NULL, revision INTEGER NOT NULL, id TEXT NOT NULL,
    PRIMARY KEY (node, revision)) STRICT, WITHOUT ROWID;
  CREATE TABLE held (node INTEGER NOT NULL, sender TEXT NOT NULL, revision INTEGER NOT NULL, session TEXT NOT NULL,
    PRIMARY KEY (node, sender)) STRICT, WITHOUT ROWID;
  CREATE TABLE counter (
    id INTEGER PRIMARY KEY, node INTEGER NOT NULL, source TEXT NOT NULL, name BLOB NOT NULL,
    generation INTEGER NOT NULL, UNIQUE (node, source, name, generation)
  ) STRICT;
  -- Narrow, since every poll rewrites it.
  CREATE TABLE raw (counter INTEGER PRIMARY KEY, value INTEGER NOT NULL, missing_since INTEGER) STRICT;
  -- By time first: a poll writes one quarter hour, in the order of its counters. One number is the fastest key there is.
  CREATE TABLE usage (slot INTEGER PRIMARY KEY, bytes INTEGER NOT NULL, revision INTEGER NOT NULL) STRICT;
  CREATE TABLE touched (node INTEGER NOT NULL, quarter INTEGER NOT NULL, revision INTEGER NOT NULL,
    PRIMARY KEY (node, quarter)) STRICT, WITHOUT ROWID;
  -- Slots as in usage, of days and of months in the place of quarters.
  CREATE TABLE packed (slot INTEGER PRIMARY KEY, total INTEGER NOT NULL, revision INTEGER NOT NULL,
    parts BLOB NOT NULL) STRICT;
  CREATE TABLE packed_month (slot INTEGER PRIMARY KEY, total INTEGER NOT NULL) STRICT;
  CREATE TABLE packed_day (node INTEGER NOT NULL, day INTEGER NOT NULL, revision INTEGER NOT NULL,
    PRIMARY KEY (node, day)) STRICT, WITHOUT ROWID;
  CREATE TABLE entry (
    id TEXT PRIMARY KEY, node INTEGER NOT NULL, kind TEXT NOT NULL, at_ms INTEGER NOT NULL, from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL, body TEXT NOT NULL, revision INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX entry_time ON entry (kind, to_ms);
  CREATE INDEX entry_revision ON entry (node, revision);
  CREATE TABLE receipt (node INTEGER NOT NULL, source TEXT NOT NULL, key TEXT NOT NULL, at_ms INTEGER NOT NULL,
    until_ms INTEGER, PRIMARY KEY (node, source, key)) STRICT, WITHOUT ROWID;
  CREATE INDEX receipt_until ON receipt (node, until_ms) WHERE until_ms IS NOT NULL;
  `,
  // All of a node's counters are read in the order of their ids, which is that of the table.
  "CREATE INDEX counter_node ON counter (node)",
];

/** A row of usage is found by `quarter * slots + counter`: below 2^53 until the year 2089. */
export const slots: number = 2 ** 31;

/** Where the rows of a time begin. As a number it would be bound as a real one, with which SQLite reckons slowly. */
export function slotOf(time: number): bigint {
  return BigInt(time * slots);
}
