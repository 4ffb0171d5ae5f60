/** What Node said: `fetch`, Connect and `AggregateError` wrap it. */
export function rootCause(error: unknown): unknown {
  let cause = error;
  for (let depth = 0; depth < 8 && cause instanceof Error; depth++) {
    if (cause instanceof AggregateError && cause.errors.length > 0) cause = cause.errors[0];
    else if (cause.cause instanceof Error) cause = cause.cause;
    else break;
  }
  return cause;
}
