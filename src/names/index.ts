export type { FormattedStatName } from "./format-stat-name.ts";
export { formatStatName } from "./format-stat-name.ts";
export type { NamePattern } from "./match-name.ts";
export { createNameMatcher } from "./match-name.ts";
export type { ParsedStatName } from "./parse-stat-name.ts";
export { parseStatName } from "./parse-stat-name.ts";
export type { Direction, OnlineName, OtherName, Scope, StatName, TrafficName, TrafficNameText } from "./stat-name.ts";
