import type { ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";

/** The first line a process prints; rejects when it ends without one. */
export async function firstLine(child: ChildProcessByStdio<null, Readable, null>): Promise<string> {
  let text = "";
  const ended = once(child, "close").then(() => {
    throw new Error(`${child.spawnargs.join(" ")} ended without a result`);
  });
  const line = new Promise<string>((resolve) => {
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      const end = text.indexOf("\n");
      if (end >= 0) resolve(text.slice(0, end));
    });
  });
  return Promise.race([line, ended]);
}
