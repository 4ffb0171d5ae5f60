import type { OnlineName, OtherName, StatName, TrafficName } from "./stat-name.ts";

/** The type of `formatStatName(name)`: exact for literal parts. */
export type FormattedStatName<Name extends StatName> =
  Name extends TrafficName<infer S, infer Subject, infer D>
    ? `${S}>>>${Subject}>>>traffic>>>${D}`
    : Name extends OnlineName<infer Subject>
      ? `user>>>${Subject}>>>online`
      : Name extends OtherName<infer Text>
        ? Text
        : never;

/**
 * Writes a name as the cores do; the reverse of `parseStatName`.
 *
 * @returns The text, with a literal type where the parts are literals.
 *
 * @example
 * ```ts
 * import { formatStatName } from "v2ray-stats/names";
 *
 * formatStatName({ kind: "traffic", scope: "user", subject: "alice@example.com", direction: "downlink" });
 * // "user>>>alice@example.com>>>traffic>>>downlink"
 * ```
 */
export function formatStatName<const Name extends StatName>(name: Name): FormattedStatName<Name> {
  return format(name) as FormattedStatName<Name>;
}

function format(name: StatName): string {
  switch (name.kind) {
    case "traffic":
      return `${name.scope}>>>${name.subject}>>>traffic>>>${name.direction}`;
    case "online":
      return `user>>>${name.subject}>>>online`;
    case "other":
      return name.name;
  }
}
