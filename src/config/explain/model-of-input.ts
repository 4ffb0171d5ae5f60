import { type ConfigInput, configErrorOf, parseConfig } from "../load/parse-config.ts";
import type { ConfigModel } from "../model/config-model.ts";
import { readModel } from "../model/read-model.ts";
import type { ConfigFormat } from "../syntax/node.ts";
import { SyntaxProblem } from "../syntax/syntax-problem.ts";
import type { ConfigTarget } from "../target.ts";

/** Options of {@link explainCounter} and {@link expectedCounters}. */
export interface ExplainOptions {
  /** The core that will read the configuration. */
  readonly core: ConfigTarget;
  /**
   * Its version, as `26.3.27`.
   *
   * @defaultValue the version our facts were measured on
   */
  readonly version?: string | undefined;
  /** The notation of every file; default: by the file's name, else by its text. */
  readonly format?: ConfigFormat | undefined;
}

/**
 * Reads a configuration that must be readable.
 *
 * @throws {@link ConfigError} where it is not.
 */
export function modelOfInput(input: ConfigInput, { core, version, format }: ExplainOptions): ConfigModel {
  try {
    return readModel(core, parseConfig(input, format, core), version);
  } catch (error) {
    if (error instanceof SyntaxProblem) throw configErrorOf(error);
    throw error;
  }
}
