import { type Command, Option } from "commander";
import { type ConfigTarget, configTargets, parseVersion } from "../../config/target.ts";
import { UsageError } from "../usage-error.ts";

/** The flags that say who reads a configuration. */
export interface CoreFlags {
  readonly core?: ConfigTarget | undefined;
  readonly coreVersion?: string | undefined;
}

/** Gives a command the flags of {@link CoreFlags}. */
export function withCoreFlags(command: Command, whenAbsent: string): Command {
  return command
    .addOption(new Option("--core <core>", `the core that reads it (default: ${whenAbsent})`).choices(configTargets))
    .option("--core-version <version>", "its version, as 26.3.27 (default: a recent one)", (text) => {
      try {
        parseVersion(text);
      } catch (error) {
        throw new UsageError((error as Error).message);
      }
      return text;
    });
}

/** Collects what an option is given each time. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/**
 * Reads a whole number.
 *
 * @throws UsageError where it is none, or not within the bounds.
 */
export function wholeNumber(flag: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new UsageError(`${flag} takes a whole number from ${least} to ${most}, not "${text}"`);
  };
}
