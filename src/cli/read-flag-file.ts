import { readFile } from "node:fs/promises";
import { UsageError } from "./usage-error.ts";

/**
 * Reads the file that a flag names, where it is given.
 *
 * @throws UsageError where it cannot be read, with the flag.
 */
export async function readFlagFile(flag: string, file: string): Promise<string>;
export async function readFlagFile(flag: string, file: string | undefined): Promise<string | undefined>;
export async function readFlagFile(flag: string, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read the file of ${flag}: ${(error as Error).message}`);
  }
}
