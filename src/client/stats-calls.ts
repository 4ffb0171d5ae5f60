import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { isStatsError } from "../errors/stats-error.ts";
import { StatsService } from "../gen/v2ray/core/app/stats/command/command_pb.ts";
import { CounterColumns } from "../snapshot/counter-columns.ts";
import type { SysStats } from "../snapshot/evidence.ts";
import { NameTable } from "../snapshot/name-table.ts";
import { callFailures } from "./call-failures.ts";
import type { Connection } from "./connection.ts";
import type { Deadline } from "./deadline.ts";
import { decodeCounters } from "./decode-counters.ts";

/** Loaded where they are needed: a script that reads one counter starts sooner without. */
async function xrayMethods() {
  const { StatsService: xray } = await import("../gen/xray/app/stats/command/command_pb.ts");
  return xray.method;
}

/** What a core answers to `GetStats`. */
export type StatAnswer = { readonly kind: "found"; readonly value: bigint } | { readonly kind: "not-found" };

/** The calls of the cores' services, one method each, without retries. */
export class StatsCalls {
  readonly #connection: Connection;
  readonly #endpoint: string;
  #table: NameTable = new NameTable();

  constructor(connection: Connection, endpoint: string) {
    this.#connection = connection;
    this.#endpoint = endpoint;
  }

  /** One counter; with `reset` it is zeroed, even where the answer never arrives. */
  getStats(name: string, deadline: Deadline, { reset = false }: { reset?: boolean } = {}): Promise<StatAnswer> {
    return this.#stat(StatsService.method.getStats, { name, reset }, deadline);
  }

  /**
   * How a core says that it has no such counter.
   *
   * @throws {@link RpcError} any other failure, `unsupported` where the service is not there.
   */
  async refusalOfGetStats(name: string, deadline: Deadline): Promise<{ status: number | undefined; message: string }> {
    try {
      await this.#call(StatsService.method.getStats, { name }, deadline);
      return { status: 0, message: "" };
    } catch (error) {
      if (!isStatsError(error) || error.code !== "rpc" || !("status" in error)) throw error;
      return { status: error.status as number, message: error.message };
    }
  }

  /** How many addresses a user is online from; only Xray. */
  async getStatsOnline(name: string, deadline: Deadline): Promise<StatAnswer> {
    const { getStatsOnline } = await xrayMethods();
    return this.#stat(getStatsOnline, { name }, deadline);
  }

  /** A user's addresses and when the latest connection of each began; `undefined` for a user never seen; only Xray. */
  async getStatsOnlineIpList(name: string, deadline: Deadline): Promise<ReadonlyMap<string, bigint> | undefined> {
    const { getStatsOnlineIpList } = await xrayMethods();
    try {
      const answer = await this.#call(getStatsOnlineIpList, { name }, deadline);
      return new Map(Object.entries(answer.ips));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** The names of the online maps of everyone online now; only Xray. */
  async getAllOnlineUsers(deadline: Deadline): Promise<string[]> {
    const { getAllOnlineUsers } = await xrayMethods();
    return (await this.#call(getAllOnlineUsers, {}, deadline)).users;
  }

  async getSysStats(deadline: Deadline): Promise<SysStats> {
    const sys = await this.#call(StatsService.method.getSysStats, {}, deadline);
    return {
      goroutines: sys.numGoroutine,
      gcCycles: sys.numGc,
      allocBytes: sys.alloc,
      totalAllocBytes: sys.totalAlloc,
      sysBytes: sys.sys,
      mallocs: sys.mallocs,
      frees: sys.frees,
      liveObjects: sys.liveObjects,
      pauseTotalNs: sys.pauseTotalNs,
      uptimeSeconds: sys.uptime,
    };
  }

  /**
   * Counters whose name holds `pattern`, all where it is `""`. Goes around the generated decoder, and without resets.
   *
   * The text goes into both fields: sing-box knows only `patterns`, Xray and V2Ray 4 only `pattern`, and each takes
   * the field it does not know for "all". An empty text goes into none: V2Ray 5 would never end.
   */
  async queryStats(pattern: string, deadline: Deadline): Promise<CounterColumns> {
    const { input, name, parent } = StatsService.method.queryStats;
    const request = toBinary(input, create(input, pattern === "" ? {} : { pattern, patterns: [pattern] }));
    const call = { service: parent.typeName, method: name, request, deadline };
    const full = pattern === "";
    const columns = await this.#connection.call(call, (message) => {
      const columns = new CounterColumns(this.#table);
      this.#decode(name, () => decodeCounters(message, columns, { learnOrder: full }));
      return columns;
    });
    // Names long gone go with the table; kept readings keep theirs.
    if (full && this.#table.size > 1000 && columns.count < this.#table.size / 2) this.#table = new NameTable();
    return columns;
  }

  async #stat<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
    deadline: Deadline,
  ): Promise<StatAnswer> {
    try {
      const answer = (await this.#call(method, request, deadline)) as { stat?: { value: bigint } };
      const value = answer.stat?.value ?? 0n;
      if (value < 0n) throw callFailures(this.#endpoint, method.name).malformed(`a counter is negative: ${value}`);
      return { kind: "found", value };
    } catch (error) {
      if (isNotFound(error)) return { kind: "not-found" };
      throw error;
    }
  }

  async #call<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
    deadline: Deadline,
  ): Promise<MessageShape<Output>> {
    const { parent, name, input, output } = method;
    const call = {
      service: parent.typeName,
      method: name,
      request: toBinary(input, create(input, request)),
      deadline,
    };
    return this.#connection.call(call, (message) => this.#decode(name, () => fromBinary(output, message)));
  }

  #decode<Answer>(method: string, decode: () => Answer): Answer {
    try {
      return decode();
    } catch (error) {
      throw callFailures(this.#endpoint, method).malformed((error as Error).message, error);
    }
  }
}

/** Newer Xray answers code 5, the others code 2 with a text; the text may be lost on the way, then it is an error. */
function isNotFound(error: unknown): boolean {
  if (!isStatsError(error) || !("status" in error)) return false;
  return error.status === 5 || (error.status === 2 && error.message.endsWith("not found."));
}
