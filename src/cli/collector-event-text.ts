import type { CollectorEvent } from "../collector/collector-event.ts";
import type { StatsError } from "../errors/stats-error.ts";
import type { LedgerGap } from "../ledger/gap.ts";
import { errorText, oneLine } from "./output-forms.ts";

/** What an event says, as one line for people. */
export function eventLine(event: CollectorEvent): string {
  return `${event.at.toISOString()}  ${oneLine(event.node ?? "-")}  ${whatHappened(event)}\n`;
}

function whatHappened(event: CollectorEvent): string {
  if (event.kind === "gap") return `gap: ${gapText(event.gap)}`;
  if (event.kind === "generation") return `generation: ${oneLine(event.user)} begins anew`;
  if (event.kind === "trouble") return `trouble: ${tasks[event.task]}: ${errorText(event.error)}`;
  if (!("error" in event) || event.error === undefined) return event.kind;
  // What to do about another writer, this one does by itself.
  const byItself = event.kind === "standby" || event.kind === "claim-lost";
  return `${event.kind}: ${byItself ? oneLine(event.error.message) : errorText(event.error)}`;
}

const tasks = {
  "made-anew": "who was made anew cannot be told",
  generation: "a user cannot begin anew",
  pack: "past days cannot be packed",
} as const;

/** What a gap says, for people. */
export function gapText({ cause, from, to }: LedgerGap): string {
  return `${cause}, ${from === undefined ? "" : `from ${from.toISOString()} `}until ${to.toISOString()}`;
}

/** What an event says, for programs. */
export function eventJson(event: CollectorEvent): object {
  const { kind, node, at } = event;
  const common = { at: at.toISOString(), node: node ?? null, event: kind };
  if (kind === "gap") {
    const { cause, from, to } = event.gap;
    return { ...common, cause, from: from?.toISOString() ?? null, to: to.toISOString() };
  }
  if (kind === "generation") return { ...common, user: event.user };
  if (kind === "trouble") return { ...common, task: event.task, error: errorJson(event.error) };
  if (!("error" in event) || event.error === undefined) return common;
  return { ...common, error: errorJson(event.error) };
}

/** An error for programs. */
export function errorJson(error: Error): object {
  const { code, reason, message, advice } = error as Partial<StatsError & { reason: string }>;
  return { code, reason, message, advice };
}
