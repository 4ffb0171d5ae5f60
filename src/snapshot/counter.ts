/** One traffic counter as a core shows it. */
export interface Counter {
  /** Its whole name; `parseStatName` says what it means. */
  readonly name: string;
  /** Bytes since the core started or the last reset. */
  readonly value: bigint;
}
