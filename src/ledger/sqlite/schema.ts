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
    id INTEGER PRIMARY KEY, node INTEGER NOT NULL REFERENCES node, source TEXT NOT NULL, name BLOB NOT NULL,
    generation INTEGER NOT NULL, UNIQUE (node, source, name, generation)
  ) STRICT;
  -- Narrow, since every poll rewrites it.
  CREATE TABLE raw (counter INTEGER PRIMARY KEY REFERENCES counter, value INTEGER NOT NULL, missing_since INTEGER) STRICT;
  -- By time first: a poll writes one quarter hour, in the order of its counters.
  CREATE TABLE usage (
    node INTEGER NOT NULL REFERENCES node, quarter INTEGER NOT NULL, counter INTEGER NOT NULL REFERENCES counter,
    bytes INTEGER NOT NULL, revision INTEGER NOT NULL, PRIMARY KEY (node, quarter, counter)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE entry (
    id TEXT PRIMARY KEY, node INTEGER NOT NULL REFERENCES node, kind TEXT NOT NULL, from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL, body TEXT NOT NULL, revision INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX entry_time ON entry (to_ms);
  `,
];
