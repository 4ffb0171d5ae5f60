import { readFile } from "node:fs/promises";
import { UsageError } from "./usage-error.ts";

/**
 * The text of a file that a flag names; `undefined` where it names none.
 *
 * @param advice What to do where it cannot be read.
 * @throws UsageError where it cannot be read
 */
export async function readFlagFile(flag: string, file: string, advice?: string): Promise<string>;
export async function readFlagFile(flag: string, file: string | undefined): Promise<string | undefined>;
export async function readFlagFile(
  flag: string,
  file: string | undefined,
  advice?: string,
): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(
      `cannot read the file of ${flag}: ${(error as Error).message}${advice === undefined ? "" : `; ${advice}`}`,
    );
  }
}
