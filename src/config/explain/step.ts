import type { ConfigNode } from "../syntax/node.ts";

/** One thing that a counter hangs on, before its place is worked out. */
export interface Step {
  readonly ok: boolean;
  /** One sentence without a full stop at its end. */
  readonly text: string;
  readonly at?: ConfigNode | undefined;
  /** What to do where it is not `ok`, one sentence. */
  readonly advice?: string | undefined;
}

/** A step that is as it should be. */
export function good(text: string, at?: ConfigNode | undefined): Step {
  return { ok: true, text, at };
}

/** A step that is in the counter's way. */
export function bad(text: string, advice: string, at?: ConfigNode | undefined): Step {
  return { ok: false, text, at, advice };
}

export function allGood(steps: readonly Step[]): boolean {
  return steps.every(({ ok }) => ok);
}

/** A tag or a whole name, so that blanks and control characters show. */
export function quoted(name: string): string {
  return JSON.stringify(name);
}
