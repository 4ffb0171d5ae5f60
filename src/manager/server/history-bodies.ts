import type { Ledger } from "../../ledger/ledger.ts";
import { formatBucketStart, parseZonedTime } from "../../usage/zoned-time.ts";
import { formatSize } from "../format-size.ts";
import { byteMembers, isoTime } from "./body-values.ts";
import { isCounted } from "./ledger-totals.ts";
import type { ServedKey } from "./served-key.ts";
import { proof } from "./traffic-bodies.ts";

/** Of what time history is asked for, in days of the zone. */
export interface HistoryRange {
  /** The first day, `YYYY-MM-DD`. */
  readonly from: string;
  /** The day after the last. */
  readonly to: string;
}

interface Bytes {
  readonly uplink: bigint;
  readonly downlink: bigint;
}

/** What was booked of one key, day by day, through all resets. */
interface KeyDays extends Bytes {
  readonly key: ServedKey;
  readonly days: ReadonlyMap<string, Bytes>;
}

/** Answers what was booked, in days of one time zone. */
export class HistoryPages {
  readonly #ledger: Ledger;
  readonly #node: string;
  readonly #timeZone: string;

  constructor(ledger: Ledger, node: string, timeZone: string) {
    this.#ledger = ledger;
    this.#node = node;
    this.#timeZone = timeZone;
  }

  /** `/traffic/history` */
  async all(keys: readonly ServedKey[]): Promise<object> {
    return answer(listBody(await this.#read(keys), "total_traffic"));
  }

  /** `/keys/{id}/traffic/history` */
  async one(key: ServedKey): Promise<object> {
    const [days] = await this.#read([key]);
    return answer(keyDaysBody(days as KeyDays, "total_traffic", "daily_stats"));
  }

  /** `/traffic/daily/{date}` */
  async daily(keys: readonly ServedKey[], date: string, range: HistoryRange): Promise<object> {
    const list = await this.#read(keys, range);
    const { uplink, downlink } = sumOf(list);
    return answer({ date, active_keys: list.filter(hasBytes).length, ...byteMembers(uplink, downlink) });
  }

  /** `/traffic/monthly` */
  async monthly(keys: readonly ServedKey[], month: string, range: HistoryRange): Promise<object> {
    return answer({ year_month: month, ...listBody(await this.#read(keys, range), "monthly_traffic") });
  }

  /** `/keys/{id}/traffic/monthly` */
  async keyMonthly(key: ServedKey, month: string, range: HistoryRange): Promise<object> {
    const [days] = await this.#read([key], range);
    return answer({ year_month: month, ...keyDaysBody(days as KeyDays, "monthly_traffic", "daily_breakdown") });
  }

  async #read(keys: readonly ServedKey[], range?: HistoryRange): Promise<KeyDays[]> {
    const found = new Map<string, Map<string, Bytes>>();
    const only = keys.length === 1 ? keys[0]?.counter.subject : undefined;
    for (const scope of new Set(keys.map(({ counter }) => counter.scope))) {
      const { rows } = await this.#ledger.usage({
        node: this.#node,
        scope,
        subject: only,
        names: "recorded",
        by: ["subject", "source", "day"],
        timeZone: this.#timeZone,
        from: range && parseZonedTime(range.from, this.#timeZone),
        to: range && parseZonedTime(range.to, this.#timeZone),
      });
      for (const { subject = "", start, uplink, downlink } of rows.filter(isCounted)) {
        const name = `${scope} ${subject}`;
        const days = found.get(name) ?? new Map<string, Bytes>();
        found.set(name, days);
        days.set(formatBucketStart("day", start as Date, this.#timeZone), { uplink, downlink });
      }
    }
    return keys.map((key) => {
      const days = found.get(`${key.counter.scope} ${key.counter.subject}`) ?? new Map<string, Bytes>();
      return { key, days, ...sumOf([...days.values()]) };
    });
  }
}

function answer(data: object): object {
  return { status: "success", data: { ...data, ...proof }, timestamp: isoTime(new Date()) };
}

function listBody(list: readonly KeyDays[], total: string): object {
  const { uplink, downlink } = sumOf(list);
  return {
    total_keys: list.length,
    active_keys: list.filter(({ key }) => key.isActive).length,
    total_traffic_bytes: uplink + downlink,
    total_rx_bytes: uplink,
    total_tx_bytes: downlink,
    keys: list.map((each) => keyDaysBody(each, total, undefined)),
    total_traffic_formatted: formatSize(uplink + downlink),
    total_rx_formatted: formatSize(uplink),
    total_tx_formatted: formatSize(downlink),
  };
}

function keyDaysBody({ key, days, uplink, downlink }: KeyDays, total: string, byDay: string | undefined): object {
  const ofDays = Array.from(days, ([day, bytes]) => [day, byteMembers(bytes.uplink, bytes.downlink)] as const);
  return {
    key_id: key.id,
    key_uuid: key.uuids[0] ?? null,
    key_name: key.name,
    port: key.ports[0]?.from ?? null,
    created_at: key.createdAt ?? null,
    last_activity: [...days.keys()].sort().at(-1) ?? null,
    is_active: key.isActive,
    [total]: byteMembers(uplink, downlink),
    ...(byDay !== undefined && { [byDay]: Object.fromEntries(ofDays) }),
  };
}

function hasBytes({ uplink, downlink }: Bytes): boolean {
  return uplink + downlink > 0n;
}

function sumOf(list: readonly Bytes[]): Bytes {
  return {
    uplink: list.reduce((sum, each) => sum + each.uplink, 0n),
    downlink: list.reduce((sum, each) => sum + each.downlink, 0n),
  };
}
