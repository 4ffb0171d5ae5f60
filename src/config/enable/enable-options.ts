import { isLoopback } from "../build/plan-api.ts";
import type { FileEdits } from "../check/finding.ts";
import type { ConfigFile } from "../load/parse-config.ts";
import type { ConfigFormat } from "../syntax/node.ts";
import { type ConfigTarget, configTargets, isAtLeast, measuredVersions, parseVersion } from "../target.ts";

/** Whose traffic is to be counted. */
export type EnableScope = "users" | "inbounds" | "outbounds";

/** Options of `enableStats`. */
export interface EnableOptions {
  /** The core that will read it. */
  readonly core: ConfigTarget;
  /**
   * Its version, as `26.3.27`.
   *
   * @defaultValue the version our facts were measured on
   */
  readonly version?: string | undefined;
  /** The notation of every file; default: by the file's name, else by its text. */
  readonly format?: ConfigFormat | undefined;
  /** Where the API listens, where there is none yet. */
  readonly api?: EnableApiOptions | undefined;
  /**
   * Whose traffic is to be counted.
   *
   * @defaultValue all three
   */
  readonly scopes?: readonly EnableScope[] | undefined;
  /**
   * Also count who is online; Xray alone can, from 24.11.5 on.
   *
   * @defaultValue false
   */
  readonly online?: boolean | undefined;
}

/** Where `enableStats` puts an API that is not there yet. */
export interface EnableApiOptions {
  /**
   * An IP address of this machine alone, as the API knows no password.
   *
   * @defaultValue "127.0.0.1"
   */
  readonly host?: string | undefined;
  /**
   * Where something else of the configuration listens on it, the next free one is taken, and the change's reason says so.
   *
   * @defaultValue 10085
   */
  readonly port?: number | undefined;
}

/** One thing that was changed, or could not be. */
export interface EnableNote {
  /** The file, as the caller named it. */
  readonly file: string;
  /** What it is about, as `policy.levels["0"]`; "" for the whole configuration. */
  readonly path: string;
  /** Why, one sentence without a full stop at its end. */
  readonly reason: string;
}

/** What `enableStats` made. */
export interface EnableResult {
  /** All files, in the order they came. */
  readonly files: readonly ConfigFile[];
  /** The new text, where one text was given; the first file's otherwise. */
  readonly text: string;
  /** Where the API will listen, as `StatsClient` takes it; `undefined` where that cannot be told. */
  readonly api: string | undefined;
  /** What was changed and why; nothing where all was well already. */
  readonly changes: readonly EnableNote[];
  /** What stands in the way of counting something, and was left for a person to decide. */
  readonly untouched: readonly EnableNote[];
  /** Edits of the new texts that make the old ones again, for each file that was changed. */
  readonly undo: readonly FileEdits[];
}

/** The options with all defaults. */
export interface Wishes {
  readonly host: string;
  readonly port: number;
  readonly scopes: ReadonlySet<EnableScope>;
  readonly online: boolean;
}

const allScopes: readonly EnableScope[] = ["users", "inbounds", "outbounds"];

/**
 * Checks the options.
 *
 * @throws TypeError or RangeError for what no core can do, or what would open the API to others.
 */
export function wishesOf(options: EnableOptions): Wishes {
  const { core, version, api = {}, scopes = allScopes, online = false } = options;
  if (!configTargets.includes(core))
    throw new RangeError(`core is one of ${configTargets.join(", ")}, not ${JSON.stringify(core)}`);
  const { host = "127.0.0.1", port = 10_085 } = api;
  if (typeof host !== "string" || !isLoopback(host))
    throw new RangeError(`api.host is an IP address of this machine alone, as 127.0.0.1, not ${JSON.stringify(host)}`);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new RangeError(`api.port is a number from 1 to 65535, not ${port}`);
  if (!Array.isArray(scopes) || scopes.length === 0 || !scopes.every((scope) => allScopes.includes(scope)))
    throw new RangeError(`scopes is a list of some of ${allScopes.join(", ")}`);
  const parsed = parseVersion(version ?? measuredVersions[core]);
  if (online && (core !== "xray" || !isAtLeast(parsed, "24.11.5")))
    throw new RangeError("online needs Xray 24.11.5 or newer; leave it out");
  return { host, port, scopes: new Set(scopes), online };
}
