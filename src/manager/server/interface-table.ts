/** What an interface of the host carried since it started. */
export interface InterfaceTotals {
  /** Such as `eth0`. */
  readonly name: string;
  /** Bytes received by the host. */
  readonly receivedBytes: bigint;
  /** Bytes sent by the host. */
  readonly sentBytes: bigint;
}

const line = /^\s*(\S+):\s*(\d+)(?:\s+\d+){7}\s+(\d+)(?:\s+\d+){7}\s*$/;

/** Reads the text of `/proc/net/dev`; lines in another form, its headings among them, are passed over. */
export function parseInterfaceTable(text: string): InterfaceTotals[] {
  return text.split("\n").flatMap((each) => {
    const [, name, received, sent] = line.exec(each) ?? [];
    if (name === undefined || received === undefined || sent === undefined) return [];
    return [{ name, receivedBytes: BigInt(received), sentBytes: BigInt(sent) }];
  });
}
