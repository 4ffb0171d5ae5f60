/** The command line itself is wrong; ends with exit code 2. */
export class UsageError extends Error {}

/** Wrong use, where the library finds an argument wrong that a flag has given; any other error as it is. */
export function asUsageError(error: unknown): unknown {
  return error instanceof TypeError || error instanceof RangeError ? new UsageError(error.message) : error;
}

/** What work gives, or throws as {@link asUsageError}. */
export function wellUsed<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw asUsageError(error);
  }
}
