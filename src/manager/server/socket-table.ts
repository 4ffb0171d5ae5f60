import type { KeyConnection } from "../traffic-stats.ts";

/** A TCP socket as the kernel's table has it: addresses in its own hexadecimal form. */
interface RawSocket {
  readonly local: string;
  readonly remote: string;
  readonly remotePort: number;
  readonly state: string;
}

/** The sockets of one local port. */
interface PortSockets {
  listening: boolean;
  readonly open: RawSocket[];
}

/** The host's TCP sockets by their local port. */
export type SocketTable = ReadonlyMap<number, PortSockets>;

/** A port, or several: both ends included. */
export interface KeyPorts {
  /** The first. */
  readonly from: number;
  /** The last. */
  readonly to: number;
}

// The states of a user who is there, or has only just gone; see net/tcp_states.h.
const openStates: ReadonlyMap<string, string> = new Map([
  ["01", "ESTAB"],
  ["08", "CLOSE-WAIT"],
  ["09", "LAST-ACK"],
]);
const listenState = "0A";

const line = /^\s*\d+: ([\dA-F]{8}|[\dA-F]{32}):([\dA-F]{4}) ([\dA-F]{8}|[\dA-F]{32}):([\dA-F]{4}) ([\dA-F]{2}) /;

/** Reads the texts of `/proc/net/tcp` and `/proc/net/tcp6`; lines in another form, their headings among them, are passed over. */
export function parseSocketTables(texts: readonly string[]): SocketTable {
  const table = new Map<number, PortSockets>();
  for (const text of texts) {
    for (const each of text.split("\n")) {
      const [, local = "", port = "", remote = "", remotePort = "", code = ""] = line.exec(each) ?? [];
      const state = openStates.get(code);
      if (state === undefined && code !== listenState) continue;
      const number = Number.parseInt(port, 16);
      const sockets = table.get(number) ?? { listening: false, open: [] };
      table.set(number, sockets);
      if (state === undefined) sockets.listening = true;
      else sockets.open.push({ local, remote, remotePort: Number.parseInt(remotePort, 16), state });
    }
  }
  return table;
}

/** What the table says of a key's ports. */
export interface PortConnections {
  /** Somebody listens on one of them; where nobody does, the table tells nothing of the key. */
  readonly listening: boolean;
  /** Sockets whose local port is one of them, listening ones left out. */
  readonly count: number;
  /** The first of them, as `ss` prints them. */
  readonly details: readonly KeyConnection[];
}

/** Finds the connections whose local port is one of these, exactly. */
export function connectionsOf(
  table: SocketTable,
  ports: readonly KeyPorts[],
  { most, endianness }: { readonly most: number; readonly endianness: "LE" | "BE" },
): PortConnections {
  let listening = false;
  let count = 0;
  const details: KeyConnection[] = [];
  for (const [port, sockets] of table) {
    if (!ports.some(({ from, to }) => from <= port && port <= to)) continue;
    listening ||= sockets.listening;
    count += sockets.open.length;
    for (const { local, remote, remotePort, state } of sockets.open.slice(0, most - details.length)) {
      const [ours, theirs] = [formatAddress(local, endianness), formatAddress(remote, endianness)];
      details.push({ local: `${ours}:${port}`, remote: `${theirs}:${remotePort}`, state });
    }
  }
  return { listening, count, details };
}

/** The kernel prints addresses as 32-bit words in the machine's own order of bytes. */
function formatAddress(hex: string, endianness: "LE" | "BE"): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => {
    const inOrder = Array.from(word.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
    return endianness === "LE" ? inOrder.reverse() : inOrder;
  });
  if (bytes.length === 4) return bytes.join(".");
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (mapped) return `[::ffff:${bytes.slice(12).join(".")}]`;
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] as number) << 8) | (bytes[2 * at + 1] as number)).toString(16),
  );
  // A URL's host is written in the one short form of RFC 5952.
  return new URL(`http://[${groups.join(":")}]`).hostname;
}
