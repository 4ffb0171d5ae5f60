import { type AddressList, normalizeAddress } from "./address-list.ts";

/**
 * Says who really sends: the last hop that is no proxy of ours. A proxy appends to `X-Forwarded-For` whom it heard, so
 * the list is read from its end, and what stands before the first stranger is that stranger's word: not believed.
 *
 * @param peer - The address of the connection's other end.
 * @param forwardedFor - The value of `X-Forwarded-For`, its lines joined by commas; null or undefined where there is none.
 * @param proxies - Our proxies. A peer that is none of them speaks for itself only.
 * @returns The plain address; undefined where a trusted proxy wrote something that is no address. Where all hops are
 * proxies of ours, the first of them.
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | null | undefined,
  proxies: AddressList,
): string | undefined {
  const hops = (forwardedFor ?? "").split(",").filter((hop) => hop.trim() !== "");
  let address = normalizeAddress(peer);
  while (address !== undefined && proxies.has(address)) {
    const hop = hops.pop();
    if (hop === undefined) return address;
    address = normalizeAddress(withoutPort(hop.trim()));
  }
  return address;
}

/** Some proxies write `192.0.2.7:4711` and `[2001:db8::1]:4711`. */
function withoutPort(hop: string): string {
  const [, bracketed, plain] = /^\[([^\]]+)\](?::\d+)?$|^([\d.]+):\d+$/.exec(hop) ?? [];
  return bracketed ?? plain ?? hop;
}
