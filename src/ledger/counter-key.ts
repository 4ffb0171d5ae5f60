import type { NewCounter } from "./store.ts";

/** One text for what tells a counter from others of its node. */
export function counterKey({ source, name, generation }: NewCounter): string {
  return `${generation} ${source.length} ${source}${name}`;
}
