import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCommand, writeCase } from "./case-files.ts";
import { CaseProcess } from "./case-process.ts";
import { until } from "./until.ts";

/**
 * Whether one connection to port 20000 makes Xray connect to itself until it has no file descriptors left. It is
 * given few.
 */
export async function runsOutOfFiles(text: string): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), "v2ray-stats-self-"));
  const { ports, words } = await writeCase("xray", text, directory);
  const [command, args] = startCommand("xray", words);
  const core = new CaseProcess("sh", ["-c", 'ulimit -n 100; exec "$0" "$@"', command, ...args]);
  try {
    await core.listening([], true);
    const socket = createConnection({ host: "127.0.0.1", port: ports.get(20000) as number });
    socket.on("error", () => undefined);
    await once(socket, "connect");
    socket.write("x");
    const exhausted = (): boolean => /too many open files/.test(core.output);
    await until(() => exhausted() || socket.closed);
    socket.destroy();
    return exhausted();
  } finally {
    await core.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}
