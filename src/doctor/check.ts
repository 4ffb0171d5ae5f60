import { namesOf } from "../config/check/rules/users-wording.ts";
import { targetName } from "../config/target.ts";
import type { CoreKind } from "../snapshot/evidence.ts";
import type { CheckId, CheckStatus, DetailValue, DoctorCheck } from "./diagnosis.ts";

/** Makes a check. */
export function check(
  id: CheckId,
  status: CheckStatus,
  message: string,
  rest: { readonly advice?: string | undefined; readonly details?: Readonly<Record<string, DetailValue>> } = {},
): DoctorCheck {
  return { id, status, message, advice: rest.advice, details: rest.details ?? {} };
}

/** The first of many names, for `details`. */
export function firstOf(names: readonly string[]): readonly string[] {
  return names.slice(0, 50);
}

/** "a, b, c and 12 more". */
export function someOf(names: readonly string[]): string {
  return namesOf(names, names.length);
}

/** "1 counter", "3 counters". */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** A core's name for people. */
export function kindName(kind: CoreKind): string {
  return kind === "unknown" ? "an unknown core" : targetName(kind);
}
