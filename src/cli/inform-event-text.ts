import type { InformReceiverEvent } from "../inform/receive/receiver-event.ts";
import type { NodeMerge } from "../ledger/exchange/changes.ts";
import { errorJson } from "./collector-event-text.ts";
import { errorText, oneLine } from "./output-forms.ts";

/** What a receiver's event says, as one line for people. */
export function receiverEventLine(event: InformReceiverEvent): string {
  const who = [event.at.toISOString(), event.address ?? "-", event.node ?? "-", event.key ?? "-"];
  return `${who.map(oneLine).join("  ")}  ${whatHappened(event)}`;
}

/** What a receiver's event says, for programs. */
export function receiverEventJson(event: InformReceiverEvent): object {
  const { kind, at, address = null, node = null, key = null, ...rest } = event;
  const common = { at: at.toISOString(), event: kind, address, node, key };
  if (event.kind === "unproven") return { ...common, ...rest, bytes: `${event.bytes}` };
  if (event.kind !== "failed") return { ...common, ...rest };
  const error = event.error instanceof Error ? errorJson(event.error) : { message: "unknown" };
  return { ...common, status: event.status, error };
}

function whatHappened(event: InformReceiverEvent): string {
  switch (event.kind) {
    case "merged":
      return `merged: ${event.nodes.map(nodeText).join("; ") || "nothing"}`;
    case "unproven": {
      const notes = [
        event.booked ? "" : "its Idempotency-Key came before",
        event.booked && event.repeated ? "the same came just before" : "",
        event.refusedCount > 0 ? `${event.refusedCount} items refused: ${refusedText(event.refused)}` : "",
      ];
      return [`unproven: ${event.bytes} bytes`, ...notes.filter((note) => note !== "")].join("; ");
    }
    case "refused":
      return `refused: ${event.status} ${event.code}: ${oneLine(event.message)}`;
    case "failed":
      return `failed: ${event.status}: ${event.error instanceof Error ? errorText(event.error) : "unknown"}`;
  }
}

function nodeText({ node, refused, rows, entries, unchanged, aside, left }: NodeMerge): string {
  if (refused !== undefined) return `${oneLine(node)} refused: ${refused}`;
  const counts = [`${rows} rows`, `${entries} entries`, `${unchanged} known`];
  if (aside > 0) counts.push(`${aside} KEPT ASIDE above --max-rate`);
  if (left.length > 0) counts.push(`${left.length} left out (${left[0]?.reason})`);
  return `${node === "" ? "" : `${oneLine(node)} `}${counts.join(", ")}`;
}

function refusedText(refused: readonly { readonly path: string; readonly reason: string }[]): string {
  const shown = refused.slice(0, 3).map(({ path, reason }) => oneLine(`${path} ${reason}`));
  return `${shown.join(", ")}${refused.length > shown.length ? ", …" : ""}`;
}
