import type { PostgresConnection, PostgresSource } from "../../../src/ledger/postgres/postgres-source.ts";

/** Where a source fails once. */
export interface SourceFault {
  /** Which of the coming statements, from 0. */
  readonly statement: number;
  /** Whether the server ran it all the same. */
  readonly after: boolean;
  readonly error: Error;
}

/** Connections that can fail at each statement. */
export interface FaultySource extends PostgresSource {
  /** Lets one fail, counted from here; `undefined` lets them be. */
  arm(fault: SourceFault | undefined): void;
  /** The statement that failed since then; `undefined` where none did. */
  readonly failed: string | undefined;
}

/** What the server says where it could not let two transactions pass. */
export function conflict(code: "40001" | "40P01"): Error {
  return Object.assign(new Error("injected conflict"), { code });
}

export function faultySource(inner: PostgresSource): FaultySource {
  let armed: SourceFault | undefined;
  let statements = 0;
  let failed: string | undefined;

  function guarded(connection: PostgresConnection): PostgresConnection {
    return {
      async query(text, values) {
        const fault = armed !== undefined && statements++ === armed.statement ? armed : undefined;
        if (fault !== undefined) failed = text;
        if (fault?.after === false) throw fault.error;
        const answer = await connection.query(text, values);
        if (fault !== undefined) throw fault.error;
        return answer;
      },
      release: (error) => connection.release(error),
    };
  }

  return {
    connect: async () => guarded(await inner.connect()),
    arm(fault) {
      armed = fault;
      statements = 0;
      failed = undefined;
    },
    get failed() {
      return failed;
    },
  };
}
