// How the Python client of the manager reads answers, rule by rule: from them comes what its users see.

/** What it gives its caller for a key. */
export type Dict = Readonly<Record<string, unknown>>;

type Ask = (path: string, method?: "POST") => Promise<Response>;

/** The client of the time in which servers spoke `simple`. */
export interface PythonClient {
  getTrafficStats(): Promise<readonly Dict[]>;
  getKeyTrafficStats(id: string): Promise<Dict>;
  resetKeyTraffic(id: string): Promise<boolean>;
  /** What it falls back to. */
  getLegacyTrafficStats(): Promise<readonly Dict[]>;
  /** What it falls back to. */
  getLegacyKeyTrafficStats(id: string): Promise<Dict>;
}

/** @param ask Sends a request for a path after `/api`. */
export function createPythonClient(ask: Ask): PythonClient {
  /** Whatever fails is another status than 200 to it. */
  async function read<Result>(
    path: string,
    understand: (body: unknown) => Result,
    otherwise: () => Promise<Result>,
  ): Promise<Result> {
    try {
      const response = await ask(path);
      if (response.status === 200) return understand(await response.json());
    } catch {
      // Its own errors as well.
    }
    return otherwise();
  }

  async function reset(path: string, needsStatus: boolean): Promise<boolean | "another status"> {
    const response = await ask(path, "POST");
    if (response.status !== 200) return "another status";
    const body = await response.json();
    const said = /reset successfully/i.test(String(get(body, "message", "")));
    return said || (needsStatus && get(body, "status", "") === "success");
  }

  const client: PythonClient = {
    getTrafficStats: () => read("/traffic/simple", listOf, client.getLegacyTrafficStats),
    getKeyTrafficStats: (id) => read(`/keys/${id}/traffic/simple`, keyOf, () => client.getLegacyKeyTrafficStats(id)),
    async resetKeyTraffic(id) {
      const done = await reset(`/keys/${id}/traffic/simple/reset`, true);
      return done === "another status" ? (await reset(`/keys/${id}/traffic/reset`, false)) === true : done;
    },
    getLegacyTrafficStats: () =>
      read(
        "/traffic/exact",
        (body) => list(get(get(body, "traffic_stats", {}), "keys_stats", [])).map(legacyOf),
        async () => [],
      ),
    getLegacyKeyTrafficStats: (id) =>
      read(
        `/keys/${id}/traffic/exact`,
        (body) => legacyOf(get(body, "traffic_bytes", {})),
        async () => ({}),
      ),
  };
  return client;
}

function keyOf(body: unknown): Dict {
  const [key, traffic] = [get(body, "key", {}), get(body, "traffic", {})];
  return {
    uuid: get(key, "uuid"),
    port: get(traffic, "port"),
    key_name: get(key, "name"),
    ...numbersOf(traffic),
    source: get(body, "source", "simple_monitor"),
  };
}

function listOf(body: unknown): Dict[] {
  const data = get(body, "data", {});
  return Object.values(get(data, "ports", {}) as object).map((traffic: unknown) => ({
    uuid: get(traffic, "uuid"),
    port: get(traffic, "port"),
    key_name: get(traffic, "key_name", "Unknown"),
    ...numbersOf(traffic),
    source: get(body, "source", "simple_monitor"),
    // Over the port's own, by mistake.
    total_connections: get(data, "total_connections", 0),
    total_bytes: get(data, "total_bytes", 0),
    timestamp: get(data, "timestamp"),
  }));
}

function numbersOf(traffic: unknown): Dict {
  return {
    uplink_bytes: get(traffic, "rx_bytes", 0),
    downlink_bytes: get(traffic, "tx_bytes", 0),
    total_bytes: get(traffic, "total_bytes", 0),
    uplink_formatted: get(traffic, "rx_formatted", "0 B"),
    downlink_formatted: get(traffic, "tx_formatted", "0 B"),
    total_formatted: get(traffic, "total_formatted", "0 B"),
    uplink_mb: megabytes(get(traffic, "rx_bytes", 0)),
    downlink_mb: megabytes(get(traffic, "tx_bytes", 0)),
    total_mb: megabytes(get(traffic, "total_bytes", 0)),
    connections: get(traffic, "connections", 0),
    connection_ratio: 0,
    connections_count: get(traffic, "connections", 0),
    timestamp: get(traffic, "timestamp"),
    method: "connection_based_estimation",
    traffic_rate: get(traffic, "traffic_rate", 0),
    interface_traffic: get(traffic, "interface_traffic", {}),
    connection_details: get(traffic, "connection_details", []),
  };
}

const legacyMembers = {
  ...{ uplink_bytes: 0, downlink_bytes: 0, total_bytes: 0 },
  ...{ uplink_formatted: "0 B", downlink_formatted: "0 B", total_formatted: "0 B" },
  ...{ uplink_mb: 0, downlink_mb: 0, total_mb: 0, connections: 0, connections_count: 0, connection_ratio: 0 },
  ...{ uuid: undefined, timestamp: undefined, source: "alternative_monitor", method: "network_distribution" },
};

function legacyOf(stats: unknown): Dict {
  return Object.fromEntries(
    Object.entries(legacyMembers).map(([name, otherwise]) => [name, get(stats, name, otherwise)]),
  );
}

/** Python's `dict.get`: what is there counts, `null` as well. */
function get(dict: unknown, name: string, otherwise?: unknown): unknown {
  if (typeof dict !== "object" || dict === null || Array.isArray(dict)) throw new TypeError("it has no get");
  return Object.hasOwn(dict, name) ? (dict as Dict)[name] : otherwise;
}

function megabytes(bytes: unknown): number {
  if (typeof bytes !== "number") throw new TypeError("it cannot be divided");
  return bytes / (1024 * 1024);
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError("it cannot be iterated");
  return value;
}
