import type { Detection } from "../client/detect.ts";
import { StatsClient } from "../client/stats-client.ts";
import type { ConfigInput } from "../config/load/parse-config.ts";
import type { ConfigFormat } from "../config/syntax/node.ts";
import type { ConfigTarget } from "../config/target.ts";
import { ConfigError } from "../errors/config-error.ts";
import { isStatsError, type StatsError, type StatsErrorCode } from "../errors/stats-error.ts";
import { assertTimerMs } from "../internal/timer-ms.ts";
import type { TlsOptions } from "../internal/tls-options.ts";
import type { CoreKind } from "../snapshot/evidence.ts";
import { check } from "./check.ts";
import { checkConfig, checkExposure, checkUnreadableConfig } from "./check-config.ts";
import { checkProcess } from "./check-process.ts";
import { checkCore, checkNoService, checkStats, checkUnreachable } from "./check-reach.ts";
import { checkSubjects } from "./check-subjects.ts";
import { type ConfigSide, readConfigSide } from "./config-side.ts";
import type { Diagnosis, DoctorCheck } from "./diagnosis.ts";
import { type Observation, observe, type WithClient } from "./observe.ts";

/** Options of {@link diagnose}. */
export interface DiagnoseOptions {
  /** The configuration the core was started with: one text, or files in the order in which it is given them. */
  readonly config?: ConfigInput | undefined;
  /** The core that reads the configuration. Default: the one that answers, else what the text looks like. */
  readonly core?: ConfigTarget | undefined;
  /** Its version, as `26.3.27`. Default: the version our facts were measured on. */
  readonly version?: string | undefined;
  /** The notation of every file; default: by the file's name, else by its text. */
  readonly format?: ConfigFormat | undefined;
  /** For an `https://` address: whom to trust and who we are. */
  readonly tls?: TlsOptions | undefined;
  /**
   * How long an operation may take.
   *
   * @defaultValue 10_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * How long to watch the core, in milliseconds; longer where its answers take longer.
   *
   * @defaultValue 3000
   */
  readonly watchMs?: number | undefined;
  /** Stops it; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Looks at a running core, and where its configuration is given, at both together: why the API cannot be reached, what
 * has no counter yet and why, who else resets counters, whether two processes share the port. Nothing is reset.
 *
 * @param address As `StatsClient` takes it. Every reading has a connection of its own, since a shared port shows only so.
 * @returns What was found; a core that cannot be reached is a finding, not an error.
 * @throws TypeError or RangeError for wrong arguments.
 *
 * @example
 * ```ts
 * import { diagnose } from "v2ray-stats/doctor";
 *
 * const { checks } = await diagnose("127.0.0.1:10085", { watchMs: 1000 });
 * for (const { id, status, message } of checks) console.log(status, id, message);
 * ```
 */
export async function diagnose(address: string, options: DiagnoseOptions = {}): Promise<Diagnosis> {
  const { config, tls, timeoutMs, ...rest } = options;
  const withClient: WithClient = async (work) => {
    await using core = new StatsClient(address, { tls, timeoutMs });
    return await work(core);
  };
  return diagnoseWith(withClient, { ...rest, configFor: () => config });
}

/** Options of {@link diagnoseWith}. */
export interface DiagnoseWithOptions extends Omit<DiagnoseOptions, "config" | "tls" | "timeoutMs"> {
  /** The configuration as the core that answers would read it. */
  readonly configFor: (kind: CoreKind | undefined) => ConfigInput | undefined;
}

/** {@link diagnose}, with clients that somebody else makes and closes. */
export async function diagnoseWith(withClient: WithClient, options: DiagnoseWithOptions): Promise<Diagnosis> {
  const { watchMs = 3000, signal } = options;
  assertTimerMs({ watchMs });
  const live = await lookAt(withClient, signal);
  const config = readConfigOf(options, live);
  const side = config instanceof ConfigError ? undefined : config;
  const observation = live.detection?.capabilities.stats ? await observe(withClient, watchMs, signal) : undefined;
  const checks = [
    ...liveChecks(live, side),
    ...(observation === undefined ? [] : checkProcess(observation, live.address)),
    ...(config instanceof ConfigError ? [checkUnreadableConfig(config)] : []),
    ...(side === undefined ? [] : [checkConfig(side), checkExposure(side)]),
    ...(side === undefined || observation === undefined ? [] : subjectChecks(side, observation)),
  ].filter((each) => each !== undefined);
  return {
    address: live.address,
    kind: live.detection?.kind,
    reachable: !isUnreachable(live.error),
    status: worstOf(checks),
    checks,
  };
}

/** What a first look at the core brought: an answer, or why there is none. */
interface Live {
  readonly address: string;
  readonly detection: Detection | undefined;
  readonly error: StatsError | undefined;
}

const unreachable: ReadonlySet<StatsErrorCode | undefined> = new Set([
  "unreachable",
  "connection-lost",
  "timeout",
  "tls",
  "wrong-protocol",
  "no-answer",
]);

function isUnreachable(error: StatsError | undefined): error is StatsError {
  return unreachable.has(error?.code);
}

async function lookAt(withClient: WithClient, signal: AbortSignal | undefined): Promise<Live> {
  return withClient(async (core): Promise<Live> => {
    const { address } = core;
    try {
      return { address, detection: await core.detect({ signal }), error: undefined };
    } catch (error) {
      if (isStatsError(error)) return { address, detection: undefined, error };
      throw error;
    }
  });
}

function readConfigOf(options: DiagnoseWithOptions, { detection }: Live): ConfigSide | ConfigError | undefined {
  const { configFor, core, version, format } = options;
  const config = configFor(detection?.kind);
  if (config === undefined) return undefined;
  try {
    return readConfigSide({ config, core, version, format }, detection?.kind);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

function liveChecks({ address, detection, error }: Live, side: ConfigSide | undefined): DoctorCheck[] {
  const reached = check("reachable", "ok", `the API answers at ${address}`);
  if (error !== undefined) {
    return isUnreachable(error) ? [checkUnreachable(error, side, address)] : [reached, checkNoService(error, side)];
  }
  if (detection === undefined) return [reached];
  return [
    reached,
    check("service", "ok", "StatsService is there"),
    checkCore(detection, side),
    checkStats(detection, side),
  ];
}

function subjectChecks(side: ConfigSide, { book }: Observation): DoctorCheck[] {
  if (book.lives.length === 0) return [];
  return checkSubjects(side, new Set(book.lives.flatMap(({ last }) => last.counters().map(({ name }) => name))));
}

function worstOf(checks: readonly DoctorCheck[]): Diagnosis["status"] {
  if (checks.some(({ status }) => status === "error")) return "error";
  return checks.some(({ status }) => status === "warning") ? "warning" : "ok";
}
