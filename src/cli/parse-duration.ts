import { UsageError } from "./usage-error.ts";

const unitsMs = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

/**
 * Milliseconds of a duration such as `500ms`, `1s`, `1.5m`.
 *
 * @throws UsageError where it is none, not above zero, or longer than timers can wait.
 */
export function parseDuration(text: string): number {
  const [, amount = "", unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(amount) * (unitsMs.get(unit) ?? 0);
  if (!(ms >= 1 && ms < 2 ** 31))
    throw new UsageError(`not a duration: "${text}"; write 500ms, 1s, 5m or 1h; up to 596h`);
  return ms;
}
