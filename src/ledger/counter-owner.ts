import { formatStatName } from "../names/format-stat-name.ts";
import type { Direction, Scope } from "../names/stat-name.ts";
import { assertText } from "./corrections.ts";

/** Whose counters are meant: a user's, or those of a subject of another scope. */
export type CounterOwner =
  | {
      /** A user, by name. */
      readonly user: string;
      /** Not with a user. */
      readonly scope?: undefined;
      /** Not with a user. */
      readonly subject?: undefined;
    }
  | {
      /** Not with a scope. */
      readonly user?: undefined;
      /** Whose counters they are: `user`, `inbound` or `outbound`. */
      readonly scope: Scope;
      /** A user's name, or a tag. */
      readonly subject: string;
    };

/** The same, in the one form that entries have. */
export interface OwnerName {
  readonly scope: Scope;
  readonly subject: string;
}

const scopes: readonly unknown[] = ["user", "inbound", "outbound"] satisfies Scope[];

/**
 * Understands whose counters are meant.
 *
 * @param what What is done to them, for the message.
 * @throws TypeError, RangeError
 */
export function readOwner(owner: CounterOwner, what: string): OwnerName {
  if ((owner.user === undefined) === (owner.subject === undefined))
    throw new TypeError(`${what} is of a user, or of a scope and a subject: one of both`);
  const { scope, subject } = owner.user === undefined ? owner : { scope: "user" as const, subject: owner.user };
  assertScope(scope);
  assertText(subject, `whom ${what} is of`);
  return { scope, subject };
}

/** @throws RangeError */
export function assertScope(scope: Scope): void {
  if (!scopes.includes(scope)) throw new RangeError(`there is no scope ${scope}; it is user, inbound or outbound`);
}

/** The names of an owner's counters. */
export function countersOf(owner: OwnerName): readonly string[] {
  return [counterOf(owner, "uplink"), counterOf(owner, "downlink")];
}

/** The name of an owner's counter. */
export function counterOf({ scope, subject }: OwnerName, direction: Direction): string {
  return formatStatName({ kind: "traffic", scope, subject, direction });
}
