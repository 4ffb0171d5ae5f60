import type { Scope } from "../names/stat-name.ts";
import type { Delta } from "./delta.ts";

/** How fast a subject's bytes flow. */
export interface SubjectRate {
  /** Whose bytes. */
  readonly scope: Scope;
  /** An inbound's tag, an outbound's tag or a user's e-mail. */
  readonly subject: string;
  /** Bytes a second from the user to the Internet. */
  readonly uplinkBytesPerSecond: number;
  /** Bytes a second back. */
  readonly downlinkBytesPerSecond: number;
}

/**
 * The mean rates of one delta: what moved over the time it took. Xray on Linux books a spliced connection only after
 * it ended, so a large download shows as nothing, then as one lump; see {@link createRateSmoother}.
 *
 * @returns The subjects of the scope that moved; empty while unreachable.
 */
export function deltaRates(delta: Delta, scope: Scope): SubjectRate[] {
  if (delta.elapsedMs === 0) return [];
  const seconds = delta.elapsedMs / 1000;
  return delta.subjects(scope).map(({ subject, uplink, downlink }) => ({
    scope,
    subject,
    uplinkBytesPerSecond: Number(uplink) / seconds,
    downlinkBytesPerSecond: Number(downlink) / seconds,
  }));
}

/** Options of {@link createRateSmoother}. */
export interface RateSmootherOptions {
  /**
   * How slowly rates follow: a lump of bytes shows as a hill that is highest after this time and gone after about
   * five times as long.
   *
   * @defaultValue 10_000
   */
  readonly timeConstantMs?: number | undefined;
}

/** Rates that rise and fall smoothly. */
export interface RateSmoother {
  /** Takes the next delta; one without a reading changes nothing, the next that has one covers its time. */
  add(delta: Delta): void;
  /** The rates after the last delta, of subjects that moved not long ago, fastest first. */
  rates(scope: Scope): SubjectRate[];
}

interface Filter {
  first: number;
  second: number;
}

const scopes: readonly Scope[] = ["user", "inbound", "outbound"];
const negligibleBytesPerSecond = 0.5;

/**
 * Smooths rates so that they do not jump when megabytes are booked at once: two exponential filters one after the
 * other, whose answer to a lump starts at nothing. No byte is lost: the area under the hill is the lump.
 *
 * @throws RangeError where `timeConstantMs` is not above zero.
 */
export function createRateSmoother(options: RateSmootherOptions = {}): RateSmoother {
  const { timeConstantMs = 10_000 } = options;
  if (typeof timeConstantMs !== "number" || !(timeConstantMs > 0))
    throw new RangeError("timeConstantMs must be above zero");
  const filters = new Map(scopes.map((scope) => [scope, new Map<string, [uplink: Filter, downlink: Filter]>()]));

  function update(scope: Scope, delta: Delta): void {
    const subjects = filters.get(scope) as Map<string, [Filter, Filter]>;
    const now = new Map(deltaRates(delta, scope).map((rate) => [rate.subject, rate]));
    for (const subject of now.keys()) {
      if (!subjects.has(subject)) subjects.set(subject, [zero(), zero()]);
    }
    const t = delta.elapsedMs / timeConstantMs;
    for (const [subject, [uplink, downlink]] of subjects) {
      const rate = now.get(subject);
      step(uplink, rate?.uplinkBytesPerSecond ?? 0, t);
      step(downlink, rate?.downlinkBytesPerSecond ?? 0, t);
      const level = uplink.first + uplink.second + downlink.first + downlink.second;
      if (rate === undefined && level < negligibleBytesPerSecond) subjects.delete(subject);
    }
  }

  return {
    add(delta) {
      if (delta.elapsedMs > 0) for (const scope of scopes) update(scope, delta);
    },
    rates(scope) {
      return Array.from(filters.get(scope) ?? [], ([subject, [uplink, downlink]]) => {
        return { scope, subject, uplinkBytesPerSecond: uplink.second, downlinkBytesPerSecond: downlink.second };
      }).sort((a, b) => total(b) - total(a));
    },
  };
}

function zero(): Filter {
  return { first: 0, second: 0 };
}

/** The exact answer of both filters to a rate that is constant over t time constants, so that poll times do not matter. */
function step(filter: Filter, rate: number, t: number): void {
  const decay = Math.exp(-t);
  const first = filter.first - rate;
  const second = filter.second - rate;
  filter.first = rate + first * decay;
  filter.second = rate + (second + first * t) * decay;
}

function total(rate: SubjectRate): number {
  return rate.uplinkBytesPerSecond + rate.downlinkBytesPerSecond;
}
