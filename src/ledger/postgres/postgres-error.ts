import { LedgerError, type LedgerErrorReason } from "../ledger-error.ts";

type Meaning = readonly [LedgerErrorReason, string];

const unreachable: Meaning = [
  "unavailable",
  "Look whether the server runs and can be reached; the next reading books the rest.",
];
const wrongCredentials: Meaning = ["unavailable", "Check the user, its password, and the server's pg_hba.conf."];
const noRight: Meaning = ["unwritable", "Grant this user the rights that docs/postgres.md names."];
const notOurs: Meaning = ["not-a-ledger", "Name a schema that this package made, or one that is not there yet."];
const inTheWay: Meaning = [
  "busy",
  "Another transaction is in the way for long; try again, or look for one that hangs.",
];
const tooMuch: Meaning = ["not-recordable", "A value is beyond what the database holds; nothing of it was written."];

/** By SQLSTATE, or by its class. Source: PostgreSQL 18, appendix A. */
const meanings = new Map<string, Meaning>([
  ["08", unreachable],
  ["22", tooMuch],
  ["25006", ["unwritable", "The server takes no writes, as a standby does: name the primary."]],
  ["28", wrongCredentials],
  ["3D000", ["unavailable", "Create the database, or check its name."]],
  ["40", inTheWay],
  ["40003", unreachable],
  ["42501", noRight],
  ["42703", notOurs],
  ["42P01", notOurs],
  ["42P06", notOurs],
  ["42P07", notOurs],
  ["23505", inTheWay],
  ["53", ["unavailable", "The server lacks memory or connections; the next reading books the rest."]],
  ["53100", ["unwritable", "The server's disk is full: make room; nothing is lost."]],
  ["54", tooMuch],
  ["55P03", inTheWay],
  ["57", unreachable],
  ["57014", inTheWay],
]);

/** Our error for one of a driver's. */
export function postgresError(error: unknown, ledger: string): LedgerError {
  const code = codeOf(error);
  const known = code === undefined ? unreachable : (meanings.get(code) ?? meanings.get(code.slice(0, 2)));
  const [reason, advice] = known ?? ["unavailable", "See the server's log; nothing of it was written."];
  return new LedgerError(reason, `the ledger ${ledger}: ${textOf(error)}`, { cause: error, advice });
}

/** Whether another transaction made this one fail: it may run again, for nothing of it was written. */
export function isConflict(error: unknown): boolean {
  return ["40001", "40P01", "23505"].includes(causeOf(error));
}

/** Whether another process made the same tables just now. */
export function isMadeByAnother(error: unknown): boolean {
  return isConflict(error) || ["42P06", "42P07"].includes(causeOf(error));
}

/** Whether a server gave an error; others tell of the connection, or of the driver. */
export function isFromServer(error: unknown): boolean {
  return codeOf(error) !== undefined;
}

function causeOf(error: unknown): string {
  return (error instanceof LedgerError && codeOf(error.cause)) || "";
}

/** The SQLSTATE that a server gave; `undefined` of what came from elsewhere, as `ECONNREFUSED` does. */
function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]{4}$/.test(code) ? code : undefined;
}

function textOf(error: unknown): string {
  // Of several addresses that were tried, Node tells the errors alone.
  const all = error instanceof AggregateError && error.message === "" ? error.errors : [error];
  const texts = all.map((each) => (each instanceof Error ? each.message : String(each)));
  return texts.join("; ").replace(/\s+/g, " ");
}
