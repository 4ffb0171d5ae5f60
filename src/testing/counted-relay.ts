import { connect, createServer, type Socket } from "node:net";
import { formatStatName } from "../names/format-stat-name.ts";
import type { Direction, Scope } from "../names/stat-name.ts";
import type { CoreProcess } from "./core-process.ts";
import { closeServer, formatAddress, listen } from "./loopback-server.ts";

/** Options of `openInbound`. */
export interface InboundOptions {
  /** The inbound's tag. */
  readonly tag: string;
  /** Tag of the outbound that its connections leave by. */
  readonly outbound: string;
  /** E-mail of the user whose connections they are; no user's counters move when left out. */
  readonly user?: string | undefined;
  /** Where its connections go. */
  readonly target: {
    /** Name or address. */
    readonly host: string;
    /** TCP port. */
    readonly port: number;
  };
  /**
   * Books the downlink only when a connection has ended, as Xray on Linux does with plain TCP; uplink moves at once.
   * Only with the dialect `xray`.
   *
   * @defaultValue false
   */
  readonly splice?: boolean | undefined;
}

/** An open inbound: the bytes that pass it move the counters. */
export interface EmbeddedInbound extends AsyncDisposable {
  /** Where to connect, such as `127.0.0.1:41234`. */
  readonly address: string;
  /** Ends its connections and closes the port. May be called twice. */
  close(): Promise<void>;
}

/** An inbound as its core sees it. */
export interface CountedRelay extends EmbeddedInbound {
  /** Closes its connections at once; what is not booked yet is lost. */
  drop(): void;
}

/** What a relay asks of its core. */
export interface RelayOwner {
  readonly host: string;
  /** The process of this moment; a connection books into that of its beginning. */
  readonly process: () => CoreProcess;
  /** Whether inbounds and outbounds are listed before their first connection. */
  readonly listsTagsFromStart: boolean;
}

/** Opens a TCP port whose connections go to one target and are counted, as by a core's `dokodemo-door`. */
export async function openCountedRelay(owner: RelayOwner, options: InboundOptions): Promise<CountedRelay> {
  const { tag, outbound, user, target, splice = false } = options;
  const tags: readonly Subject[] = [
    ["inbound", tag],
    ["outbound", outbound],
  ];
  const subjects: readonly Subject[] = user === undefined ? tags : [...tags, ["user", user]];
  const sockets = new Set<Socket>();

  function hold(socket: Socket): void {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    // An error is followed by "close".
    socket.on("error", () => {});
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const process = owner.process();
    const upstream = connect({ ...target, allowHalfOpen: true });
    hold(client);
    hold(upstream);
    let unbooked = 0;
    list(process, subjects);
    // Booked before they are passed on: who has received bytes finds them counted.
    client.on("data", (chunk) => book(process, subjects, "uplink", chunk.length)).pipe(upstream);
    upstream
      .on("data", (chunk) => {
        if (splice) unbooked += chunk.length;
        else book(process, subjects, "downlink", chunk.length);
      })
      .pipe(client);
    client.once("close", () => {
      book(process, subjects, "downlink", unbooked);
      upstream.destroy();
    });
    upstream.once("close", () => client.destroySoon());
  });

  const address = formatAddress(owner.host, await listen(server, owner.host, 0));
  if (owner.listsTagsFromStart) list(owner.process(), tags);

  function drop(): void {
    for (const socket of sockets) socket.destroy();
  }
  async function close(): Promise<void> {
    drop();
    await closeServer(server);
  }
  return { address, drop, close, [Symbol.asyncDispose]: close };
}

type Subject = readonly [scope: Scope, subject: string];

function list(process: CoreProcess, subjects: readonly Subject[]): void {
  book(process, subjects, "uplink", 0);
  book(process, subjects, "downlink", 0);
}

function book(process: CoreProcess, subjects: readonly Subject[], direction: Direction, bytes: number): void {
  for (const [scope, subject] of subjects) {
    process.add(formatStatName({ kind: "traffic", scope, subject, direction }), BigInt(bytes));
  }
}
