import { createInterface } from "node:readline/promises";
import type { CliContext } from "./context.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Asks a person at a terminal; anything but yes is no.
 *
 * @throws UsageError where there is no terminal.
 */
export async function confirm({ stdin, stderr, signal }: CliContext, question: string): Promise<boolean> {
  if (!stdin.isTTY) throw new UsageError("this asks before it acts; without a terminal say --yes");
  const prompt = createInterface({ input: stdin, output: stderr });
  try {
    const answer = await prompt.question(`${question} [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}
