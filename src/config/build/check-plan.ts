import type { ConfigTarget } from "../target.ts";
import type { RouteOptions } from "./build-options.ts";
import { listenHost } from "./listen-host.ts";
import type { ApiPlan, PlannedInbound, PlannedOutbound } from "./plan.ts";
import { shown } from "./shape.ts";

/** What names can be given in. */
interface Named {
  readonly api: ApiPlan;
  readonly inbounds: readonly PlannedInbound[];
  readonly outbounds: readonly PlannedOutbound[];
  readonly routes: readonly RouteOptions[];
}

/**
 * Looks whether each tag names one thing, and each route names things there are.
 *
 * @throws RangeError where not.
 */
export function checkNames({ api, inbounds, outbounds, routes }: Named): void {
  const inboundTags = distinct("inbounds", inbounds, api.inboundTag);
  const outboundTags = distinct("outbounds", outbounds, api.tag);
  const users = new Set(inbounds.flatMap(({ users = [] }) => users.map(({ email }) => email)));
  for (const [index, route] of routes.entries()) {
    const at = `routes[${index}]`;
    if (route.inbounds === undefined && route.users === undefined)
      throw new TypeError(`${at} names neither inbounds nor users; for all others put its outbound first in outbounds`);
    known(`${at}.outbound`, [route.outbound], outboundTags);
    known(`${at}.inbounds`, route.inbounds ?? [], inboundTags);
    known(`${at}.users`, route.users ?? [], users);
  }
}

function distinct(at: string, items: readonly { readonly tag: string }[], api: string): Set<string> {
  const tags = new Set<string>();
  for (const [index, { tag }] of items.entries()) {
    const place = `${at}[${index}].tag ${shown(tag)}`;
    if (tag === api) throw new RangeError(`${place} is the API's; give one of both another tag`);
    if (tags.has(tag)) throw new RangeError(`${place} is given twice; give one of both another tag`);
    tags.add(tag);
  }
  return tags;
}

function known(at: string, names: readonly string[], known: ReadonlySet<string>): void {
  for (const name of names) {
    if (known.has(name)) continue;
    throw new RangeError(
      `${at} names ${shown(name)}, which there is not; there is ${[...known].map(shown).join(", ")}`,
    );
  }
}

/**
 * Looks whether each listener has its port to itself: V2Ray and Xray would share it, and lose half of the connections.
 *
 * @throws RangeError where not.
 */
export function checkPorts(api: ApiPlan, inbounds: readonly PlannedInbound[]): void {
  const byPort = new Map<number, { readonly at: string; readonly host: string | undefined }[]>();
  if ("port" in api.place) byPort.set(api.place.port, [{ at: "api", host: api.place.host }]);
  for (const [index, inbound] of inbounds.entries()) {
    const { port } = inbound;
    const place = { at: `inbounds[${index}]`, host: listenHost(inbound) };
    const others = byPort.get(port) ?? [];
    const other = others.find(({ host }) => overlap(host, place.host));
    if (other !== undefined)
      throw new RangeError(`${place.at}.port ${port} is taken by ${other.at}; choose another port`);
    byPort.set(port, [...others, place]);
  }
}

function overlap(a: string | undefined, b: string | undefined): boolean {
  return a === b || isEvery(a) || isEvery(b);
}

function isEvery(host: string | undefined): boolean {
  return host === undefined || host === "0.0.0.0" || /^[0:]+$/.test(host);
}

/**
 * Looks whether each user is counted alone and under one name. The same e-mail in two inbounds is one user, counted as
 * one; in other letters it would be counted twice.
 *
 * @throws RangeError where not.
 */
export function checkUsers(target: ConfigTarget, inbounds: readonly PlannedInbound[]): void {
  const spellings = new Map<string, string>();
  for (const [index, inbound] of inbounds.entries()) {
    const emails = new Set<string>();
    const secrets = new Set<string>();
    for (const [number, user] of (inbound.users ?? []).entries()) {
      const at = `inbounds[${index}].users[${number}]`;
      const key = user.email.toLowerCase();
      const spelling = spellings.get(key) ?? user.email;
      if (spelling !== user.email)
        throw new RangeError(`${at}.email ${shown(user.email)} is ${shown(spelling)} elsewhere; spell it alike`);
      if (emails.has(key))
        throw new RangeError(`${at}.email ${shown(user.email)} is given twice; give one of both another e-mail`);
      spellings.set(key, spelling);
      emails.add(key);
      if (inbound.protocol === "socks" || inbound.protocol === "http") continue;
      const secret = "id" in user ? idKey(target, inbound.protocol, user.id) : user.password;
      if (secrets.has(secret)) {
        const what = "id" in user ? "id" : "password";
        throw new RangeError(`${at}.${what} is another user's, and one of both would be counted for both; change it`);
      }
      secrets.add(secret);
    }
  }
}

/** What the core tells ids apart by: Xray's vless leaves the seventh and eighth byte for other purposes. */
function idKey(target: ConfigTarget, protocol: string, id: string): string {
  const lower = id.toLowerCase();
  return target === "xray" && protocol === "vless" ? lower.slice(0, 14) + lower.slice(18) : lower;
}
