import { readFile } from "node:fs/promises";

/** Where the server learns of sockets and interfaces. */
export interface ManagerHost {
  /**
   * A table of `/proc/net` as Linux writes it: the TCP sockets over IPv4, those over IPv6, or the interfaces. What
   * cannot be told is rejected, with the reason as its message.
   */
  table(name: "tcp" | "tcp6" | "dev"): Promise<string>;
}

/**
 * Reads the tables of this machine, or of the network namespace that this process is in.
 *
 * @param directory Where they are; another one for tests.
 */
export function createProcHost(directory = "/proc/net"): ManagerHost {
  return {
    async table(name) {
      const file = `${directory}/${name}`;
      try {
        return await readFile(file, "latin1");
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? "it failed";
        const what = name === "dev" ? "interfaces" : "connections";
        throw new Error(`${file} cannot be read (${code}): ${what} are told on Linux only`);
      }
    },
  };
}

/** A host of which nothing can be told, such as another machine. */
export function unknownHost(reason: string): ManagerHost {
  return { table: () => Promise.reject(new Error(reason)) };
}
