import { BlockList, isIP } from "node:net";

/** Whether something holds; `maybe` where the configuration alone cannot say. */
export type Answer = "yes" | "no" | "maybe";

/** Whether a host is this machine alone: an address or `localhost`. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "");
  if (isIP(bare) === 0) return bare.toLowerCase() === "localhost";
  return contains(["127.0.0.0/8", "::1/128"], bare) === "yes";
}

/** Whether a host stands for all addresses of the machine. */
export function isWildcard(host: string): boolean {
  return ["", "0.0.0.0", "::", "[::]"].includes(host);
}

const privateNetworks = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "::/128",
  "::1/128",
  "fc00::/7",
  "fe80::/10",
];

/** Whether an IP is of a network that is nowhere on the Internet. */
function isPrivate(ip: string): boolean {
  return contains(privateNetworks, ip) === "yes";
}

/** Whether an IP is in a list as the cores write them: addresses, networks, `geoip:private`, `geoip:!cn`. */
export function contains(list: readonly string[], ip: string): Answer {
  let answer: Answer = "no";
  for (const entry of list) {
    const one = inEntry(entry.trim(), ip);
    if (one === "yes") return "yes";
    if (one === "maybe") answer = "maybe";
  }
  return answer;
}

function inEntry(entry: string, ip: string): Answer {
  const geo = /^geoip:(!?)(.+)$/i.exec(entry);
  if (geo !== null) {
    const inside = inGeoIp(geo[2] as string, ip);
    return geo[1] === "" ? inside : opposite(inside);
  }
  // Lists may be long: a look is enough for the entries of the other family.
  if (entry.includes(":") !== ip.includes(":")) return "no";
  const [address = "", bits] = entry.split("/");
  const family = isIP(address);
  const limit = family === 4 ? 32 : 128;
  const prefix = bits === undefined ? limit : Number(bits);
  if (family === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > limit) return "maybe";
  if (family === 4) return sharesPrefix(address, ip, prefix) ? "yes" : "no";
  const network = new BlockList();
  network.addSubnet(address, prefix, "ipv6");
  return network.check(ip, "ipv6") ? "yes" : "no";
}

function sharesPrefix(a: string, b: string, bits: number): boolean {
  return bits === 0 || (ipv4Number(a) ^ ipv4Number(b)) >>> (32 - bits) === 0;
}

function ipv4Number(address: string): number {
  return address.split(".").reduce((number, part) => (number << 8) | Number(part), 0);
}

/** Lists of countries hold no private addresses. */
function inGeoIp(code: string, ip: string): Answer {
  if (code.toLowerCase() === "private") return isPrivate(ip) ? "yes" : "no";
  return isPrivate(ip) ? "no" : "maybe";
}

/** The answer to the opposite question. */
export function opposite(answer: Answer): Answer {
  if (answer === "maybe") return answer;
  return answer === "yes" ? "no" : "yes";
}
