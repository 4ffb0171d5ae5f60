import { clientConfig, type ServerOptions, serverConfig } from "./configs.ts";
import { freePorts } from "./free-ports.ts";
import { type CoreKind, type RunningCore, startCore } from "./real-cores.ts";
import { download, startTarget, type Transfer, upload } from "./traffic.ts";

/** Traffic through a real core: a program → client core (SOCKS) → server core (vmess) → a target on 127.0.0.1. */
export interface Loop extends AsyncDisposable {
  /** The core that counts its users. */
  readonly server: RunningCore;
  /** The core that the traffic enters by. */
  readonly client: RunningCore;
  /** The server core's API, as `StatsClient` takes it. */
  readonly apiAddress: string;
  /** Carries bytes to the first user; answers with what the core counts for that user. */
  download(bytes: number): Promise<Transfer>;
  /** Carries bytes from the first user. */
  upload(bytes: number): Promise<Transfer>;
  /** Ends both cores and the target. */
  close(): Promise<void>;
}

/** Starts a server core, a client core of the same kind, and a target. */
export async function startLoop(kind: CoreKind, options: Omit<ServerOptions, "ports"> = {}): Promise<Loop> {
  await using parts = new AsyncDisposableStack();
  const target = parts.use(await startTarget());
  let vmess = 0;
  const server = parts.use(
    await startCore(kind, async () => {
      const ports = await freePorts("api", "vmess");
      vmess = ports.vmess;
      return serverConfig(kind, { ports, ...options });
    }),
  );
  let socks = 0;
  const client = parts.use(
    await startCore(kind, async () => {
      const ports = { ...(await freePorts("api", "socks")), vmess };
      socks = ports.socks;
      return clientConfig(kind, { ports });
    }),
  );
  const owned = parts.move();
  return {
    server,
    client,
    apiAddress: server.apiAddress,
    download: (bytes) => download(socks, target, bytes),
    upload: (bytes) => upload(socks, target, bytes),
    close: () => owned.disposeAsync(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
