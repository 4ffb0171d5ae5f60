import type { InformSenderEvent } from "../inform/send/sender-event.ts";
import { errorJson } from "./collector-event-text.ts";
import { errorText, oneLine } from "./output-forms.ts";

/** What a sender's event says, as one line for people; `hub` stands where a node's name does in a collector's. */
export function senderEventLine(event: InformSenderEvent): string {
  const node = "node" in event ? event.node : "";
  return `${event.at.toISOString()}  ${oneLine(node || "-")}  hub ${whatHappened(event)}\n`;
}

function whatHappened(event: InformSenderEvent): string {
  if (event.kind === "left-out")
    return `left-out: ${event.count} rows or entries, the first as ${oneLine(event.reason)}`;
  if (event.kind === "aside") return `aside: kept in ${oneLine(event.file)}: ${errorText(event.error)}`;
  if (!("error" in event))
    return event.kind === "rewound"
      ? "rewound: it holds less than it did, what it lacks is sent again"
      : "restored: this ledger is a restored or copied one, and has a new id now";
  return event.error === undefined ? event.kind : `${event.kind}: ${errorText(event.error)}`;
}

/** What a sender's event says, for programs. */
export function senderEventJson(event: InformSenderEvent): object {
  const { kind, at, ...rest } = event;
  const node = "node" in event ? event.node : null;
  const error = "error" in event && event.error !== undefined ? errorJson(event.error) : undefined;
  return { at: at.toISOString(), event: `hub-${kind}`, ...rest, node, error };
}
