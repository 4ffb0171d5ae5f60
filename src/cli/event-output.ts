import type { CliContext } from "./context.ts";
import { formatJson } from "./output-forms.ts";

/** Standard output for events, until nobody reads it. */
export interface EventOutput {
  /** Prints events of a kind, as lines for people or JSON for programs. */
  readonly teller: <Event>(line: (event: Event) => string, json: (event: Event) => object) => (event: Event) => void;
  /** Aborted when nobody reads any more: then all is to end well, as `collect | head` wants. */
  readonly gone: AbortSignal;
}

/** Where a command that runs on prints what happens. */
export function openEventOutput(
  { stdout }: CliContext,
  { quiet, json }: { readonly quiet?: true | undefined; readonly json?: true | undefined },
): EventOutput {
  const gone = new AbortController();
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") gone.abort();
  });
  return {
    teller: (line, jsonOf) => (event) => {
      if (quiet || gone.signal.aborted) return;
      stdout.write(json ? `${formatJson(jsonOf(event))}\n` : line(event));
    },
    gone: gone.signal,
  };
}
