/** The newest schema; a ledger of a higher one belongs to a newer release. */
export const schemaVersion = 1;

/** What makes each schema out of the one before. Forward only. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE ledger (id TEXT NOT NULL) STRICT;
  CREATE TABLE node (
    id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, revision INTEGER NOT NULL, token INTEGER NOT NULL,
    holder TEXT, heartbeat INTEGER NOT NULL, base TEXT
  ) STRICT;
  -- Names are bytes: an e-mail may hold U+0000.
  CREATE TABLE counter (
    id INTEGER PRIMARY KEY, node INTEGER NOT NULL, source TEXT NOT NULL, name BLOB NOT NULL,
    generation INTEGER NOT NULL, UNIQUE (node, source, name, generation)
  ) STRICT;
  -- Narrow, since every poll rewrites it.
  CREATE TABLE raw (counter INTEGER PRIMARY KEY, value INTEGER NOT NULL, missing_since INTEGER) STRICT;
  -- By time first: a poll writes one quarter hour, in the order of its counters. One number is the fastest key there is.
  CREATE TABLE usage (slot INTEGER PRIMARY KEY, bytes INTEGER NOT NULL, revision INTEGER NOT NULL) STRICT;
  CREATE TABLE entry (
    id TEXT PRIMARY KEY, node INTEGER NOT NULL, kind TEXT NOT NULL, from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL, body TEXT NOT NULL, revision INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX entry_time ON entry (to_ms);
  `,
];

/** A row of usage is found by `quarter * quarterSlots + counter`: below 2^53 until the year 2089. */
export const quarterSlots: number = 2 ** 31;
