import type { Finding } from "../config/check/finding.ts";
import { allFindings, apiPlaces, obstaclesAmong } from "../config/explain/api-reach.ts";
import { counterFamily } from "../config/explain/counter-families.ts";
import type { CounterFamily } from "../config/explain/counter-family.ts";
import { modelOfInput } from "../config/explain/model-of-input.ts";
import { guessConfigTarget, type TargetGuess } from "../config/load/guess-target.ts";
import type { ConfigInput } from "../config/load/parse-config.ts";
import type { ConfigModel } from "../config/model/config-model.ts";
import type { ConfigFormat } from "../config/syntax/node.ts";
import type { ConfigTarget } from "../config/target.ts";
import type { CoreKind } from "../snapshot/evidence.ts";

/** A configuration and who is to read it. */
export interface ConfigOptions {
  readonly config: ConfigInput;
  readonly core?: ConfigTarget | undefined;
  readonly version?: string | undefined;
  readonly format?: ConfigFormat | undefined;
}

/** A configuration as the doctor sees it. */
export interface ConfigSide {
  readonly target: ConfigTarget;
  /** What the text looks like. */
  readonly guess: TargetGuess;
  readonly model: ConfigModel;
  readonly family: CounterFamily;
  readonly findings: readonly Finding[];
  /** Those of the findings that keep the core from starting, or everybody from its API. */
  readonly obstacles: readonly Finding[];
  /** Where the API is by the configuration, as `StatsClient` takes it. */
  readonly apiAddresses: readonly string[];
}

/**
 * Reads a configuration as the core does that runs, unless the caller says for which it is.
 *
 * @throws {@link ConfigError} where it cannot be read.
 */
export function readConfigSide(options: ConfigOptions, kind: CoreKind | undefined): ConfigSide {
  const { config, core, version, format } = options;
  const guess = guessConfigTarget(config, format);
  const target = core ?? targetOf(kind, guess);
  // The others read nothing but JSON, from files of any name.
  const isMany = target === "v2ray5" || target === "xray";
  const model = modelOfInput(config, { core: target, version, format: format ?? (isMany ? undefined : "json") });
  const findings = allFindings(model);
  const { start, api } = obstaclesAmong(findings);
  return {
    target,
    guess,
    model,
    family: counterFamily(model),
    findings,
    obstacles: [...start, ...api],
    apiAddresses: apiPlaces(model).map(({ address }) => address),
  };
}

function targetOf(kind: CoreKind | undefined, guess: TargetGuess): ConfigTarget {
  if (kind === undefined || kind === "unknown") return guess.core;
  return kind === "v2ray5" && guess.core === "v2ray5-jsonv5" ? guess.core : kind;
}

/** Which core reads the target's language. */
export function kindOf(target: ConfigTarget): CoreKind {
  return target === "v2ray5-jsonv5" ? "v2ray5" : target;
}
