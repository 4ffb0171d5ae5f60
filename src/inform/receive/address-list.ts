import { BlockList, isIP } from "node:net";

const families = { 4: "ipv4", 6: "ipv6" } as const;

/** Addresses and networks. */
export interface AddressList {
  /** Says whether an address is in it. False for what is no address. */
  has(address: string): boolean;
}

/**
 * Makes a list of IP addresses and CIDR networks, such as `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`. An IPv4 address
 * written as IPv6 (`::ffff:192.0.2.7`) is the IPv4 address, in the list as in a question; `::/0` is IPv6 alone.
 *
 * @throws TypeError where an entry is neither.
 */
export function createAddressList(entries: readonly string[]): AddressList {
  // BlockList takes IPv4 for a part of IPv6: with one list, ::/0 would hold all of IPv4.
  const lists = { 4: new BlockList(), 6: new BlockList() };
  for (const entry of entries) {
    const { version, text, bits } = parseNetwork(entry);
    lists[version].addSubnet(text, bits, families[version]);
  }
  return {
    has(text) {
      const address = parseAddress(text);
      return address !== undefined && lists[address.version].check(address.text, families[address.version]);
    },
  };
}

/** The plain form of an address: IPv4 where it is IPv4 written as IPv6, without a zone. Undefined for what is none. */
export function normalizeAddress(text: string): string | undefined {
  return parseAddress(text)?.text;
}

interface Address {
  readonly version: 4 | 6;
  readonly text: string;
}

// 0:0:0:0:0:ffff, and two more parts.
const mappedForm = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/;

function parseAddress(text: string): Address | undefined {
  const version = isIP(text);
  if (version === 4) return { version, text };
  if (version !== 6) return undefined;
  const [plain = ""] = text.split("%");
  const canonical = new URL(`http://[${plain}]`).hostname.slice(1, -1); // writes 192.0.2.7 within it as c000:207
  const parts = mappedForm.exec(canonical)?.slice(1);
  if (parts === undefined) return { version, text: canonical };
  const bytes = parts.flatMap((part) => [Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 255]);
  return { version: 4, text: bytes.join(".") };
}

function parseNetwork(entry: string): Address & { readonly bits: number } {
  const [, text = "", digits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
  const parsed = parseAddress(text);
  if (parsed === undefined) throw notNetwork(entry);
  const mapped = parsed.version === 4 && isIP(text) === 6;
  const width = parsed.version === 4 ? 32 : 128;
  const bits = digits === undefined ? width : Number(digits) - (mapped ? 96 : 0);
  if (bits < 0 || bits > width) throw notNetwork(entry);
  return { ...parsed, bits };
}

function notNetwork(entry: string): TypeError {
  return new TypeError(`not an IP address or network: ${JSON.stringify(entry)}; write 192.0.2.7 or 10.0.0.0/8`);
}
