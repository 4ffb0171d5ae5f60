import { ConfigError } from "../../errors/config-error.ts";
import type { ConfigNode } from "../syntax/node.ts";
import { positionAt } from "../syntax/position.ts";

/** Ends the work on a configuration that cannot be edited. */
export function refuse({ file, start }: ConfigNode, message: string, advice = "mend the place first"): never {
  throw new ConfigError([{ file: file.name, ...positionAt(file, start), message }], {
    advice: `${advice}; nothing was changed`,
  });
}
