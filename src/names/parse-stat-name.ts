import type { Direction, OnlineName, OtherName, Scope, StatName, TrafficName } from "./stat-name.ts";

/**
 * The type of `parseStatName(name)`: exact where the type of the name tells enough, else the union: `string`, or a
 * pattern such as `user>>>${string}`, has no required key, so its holes may make it any kind of name.
 */
export type ParsedStatName<Name extends string> = Name extends `${infer S extends Scope}>>>${infer Rest}`
  ? Rest extends `${infer Subject}>>>traffic>>>uplink`
    ? TrafficName<S, Subject, "uplink">
    : Rest extends `${infer Subject}>>>traffic>>>downlink`
      ? TrafficName<S, Subject, "downlink">
      : [S, Rest] extends ["user", `${infer Subject}>>>online`]
        ? OnlineName<Subject>
        : Record<never, never> extends Record<Name, true>
          ? StatName
          : OtherName<Name>
  : Record<never, never> extends Record<Name, true>
    ? StatName
    : OtherName<Name>;

const endings: readonly (readonly [string, Direction])[] = [
  [">>>traffic>>>uplink", "uplink"],
  [">>>traffic>>>downlink", "downlink"],
];
const onlineEnding = ">>>online";

/**
 * Says what a counter's name means. The scope ends at the first `>>>`, kind and direction are the last parts, and all
 * between is the subject, whole: tags and e-mails may hold `>>>`, blanks or anything else.
 *
 * @returns `kind: "traffic"`, `"online"` (Xray's map of a user's addresses) or `"other"` with the name as it was.
 * `formatStatName` gives back the same text. Never throws.
 *
 * @example
 * ```ts
 * import { parseStatName } from "v2ray-stats/names";
 *
 * const name = parseStatName("inbound>>>ws>>>traffic>>>uplink");
 * console.log(name.scope, name.subject, name.direction); // inbound ws uplink
 * ```
 */
export function parseStatName<const Name extends string>(name: Name): ParsedStatName<Name> {
  return parse(name) as ParsedStatName<Name>;
}

function parse(name: string): StatName {
  const cut = name.indexOf(">>>");
  const scope = name.slice(0, cut);
  if (cut < 0 || !isScope(scope)) return { kind: "other", name };
  const start = cut + 3;
  for (const [ending, direction] of endings) {
    if (name.endsWith(ending) && name.length - ending.length >= start) {
      return { kind: "traffic", scope, subject: name.slice(start, -ending.length), direction };
    }
  }
  if (scope === "user" && name.endsWith(onlineEnding) && name.length - onlineEnding.length >= start) {
    return { kind: "online", scope, subject: name.slice(start, -onlineEnding.length) };
  }
  return { kind: "other", name };
}

function isScope(text: string): text is Scope {
  return text === "inbound" || text === "outbound" || text === "user";
}
