export type * from "../index.ts";
export { LedgerError } from "../ledger-error.ts";
export type { PostgresLedgerOptions } from "./open-postgres-ledger.ts";
export { openPostgresLedger } from "./open-postgres-ledger.ts";
export { openPostgresUrl } from "./open-postgres-url.ts";
export type { PostgresAnswer, PostgresConnection, PostgresSource } from "./postgres-source.ts";
