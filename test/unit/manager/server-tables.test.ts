import assert from "node:assert/strict";
import { test } from "node:test";
import { parseInterfaceTable } from "../../../src/manager/server/interface-table.ts";
import { connectionsOf, parseSocketTables } from "../../../src/manager/server/socket-table.ts";

const heading =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     ";

/** A line as Linux prints it. */
function line(local: string, remote: string, state: string): string {
  return `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 4791594 1 000000006409359b 100 0 0 10 0                   `;
}

const tcp = [
  heading,
  line("0100007F:2711", "00000000:0000", "0A"),
  line("0A0200C0:2711", "176433C6:C3CA", "01"),
  line("0A0200C0:2711", "176433C6:C3CC", "08"),
  line("0A0200C0:2711", "176433C6:C3CE", "09"),
  // Not there any more, or not yet.
  ...["02", "03", "04", "05", "06", "07", "0B", "0C"].map((state) => line("0A0200C0:2711", "176433C6:C3D0", state)),
  // The number as the other side's port, and within another one.
  line("0A0200C0:9C42", "176433C6:2711", "01"),
  line("0A0200C0:2712", "176433C6:C3D2", "01"),
  "",
].join("\n");

const tcp6 = [
  heading,
  line("00000000000000000000000000000000:2713", "00000000000000000000000000000000:0000", "0A"),
  line("0000000000000000FFFF00000A0200C0:2711", "0000000000000000FFFF00004D7100CB:A398", "01"),
  line("B80D0120000000000000000001000000:2713", "B80D012000000000000000000000CD00:0050", "01"),
].join("\n");

const options = { most: 10, endianness: "LE" } as const;
const on = (port: number): { from: number; to: number }[] => [{ from: port, to: port }];

test("connections are those whose local port is exactly the key's, in the states the manager tells", () => {
  const found = connectionsOf(parseSocketTables([tcp, tcp6]), on(10_001), options);
  assert.equal(found.listening, true);
  assert.equal(found.count, 4);
  assert.deepEqual(found.details, [
    { local: "192.0.2.10:10001", remote: "198.51.100.23:50122", state: "ESTAB" },
    { local: "192.0.2.10:10001", remote: "198.51.100.23:50124", state: "CLOSE-WAIT" },
    { local: "192.0.2.10:10001", remote: "198.51.100.23:50126", state: "LAST-ACK" },
    { local: "[::ffff:192.0.2.10]:10001", remote: "[::ffff:203.0.113.77]:41880", state: "ESTAB" },
  ]);
});

test("IPv6 addresses have their short form", () => {
  const { details } = connectionsOf(parseSocketTables([tcp6]), on(10_003), options);
  assert.deepEqual(details, [{ local: "[2001:db8::1]:10003", remote: "[2001:db8::cd:0]:80", state: "ESTAB" }]);
});

test("a range of ports, several keys' worth of details, and a port on which nobody listens", () => {
  const table = parseSocketTables([tcp, tcp6]);
  assert.equal(connectionsOf(table, [{ from: 10_001, to: 10_003 }], options).count, 6);
  assert.equal(connectionsOf(table, on(10_001), { ...options, most: 1 }).details.length, 1);
  assert.equal(connectionsOf(table, on(10_001), { ...options, most: 1 }).count, 4);
  assert.deepEqual(connectionsOf(table, on(10_002), options).listening, false);
  assert.deepEqual(connectionsOf(table, on(80), options), { listening: false, count: 0, details: [] });
});

test("a machine of the other order of bytes prints addresses as they are", () => {
  const table = parseSocketTables([line("C000020A:2711", "C6336417:C3CA", "01")]);
  const [connection] = connectionsOf(table, on(10_001), { ...options, endianness: "BE" }).details;
  assert.deepEqual(connection, { local: "192.0.2.10:10001", remote: "198.51.100.23:50122", state: "ESTAB" });
});

test("what is no table has no sockets", () => {
  for (const text of ["", "<html>", "0: :: 01", "\0".repeat(100)]) assert.equal(parseSocketTables([text]).size, 0);
});

test("interfaces are read with all their digits", () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 140992049822 24299886    0    0    0     0          0         0 140992049822 24299886    0    0    0     0       0          0
  eth0:18446744073709551615  154400    0    0    0     0          0         0 12319509  101236    0    0    0     0       0          0
eth0.7: 1 0 0 0 0 0 0 0 2 0 0 0 0 0 0 0
`;
  assert.deepEqual(parseInterfaceTable(text), [
    { name: "lo", receivedBytes: 140_992_049_822n, sentBytes: 140_992_049_822n },
    { name: "eth0", receivedBytes: 18_446_744_073_709_551_615n, sentBytes: 12_319_509n },
    { name: "eth0.7", receivedBytes: 1n, sentBytes: 2n },
  ]);
});
