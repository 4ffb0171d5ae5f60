export type * from "../index.ts";
export { LedgerError } from "../ledger-error.ts";
export type { SqliteLedgerOptions } from "./open-sqlite-ledger.ts";
export { openSqliteLedger } from "./open-sqlite-ledger.ts";
