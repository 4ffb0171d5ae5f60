/** A key's id, which becomes one step of a path and nothing else. */
export function checkId(id: string): string {
  if (typeof id !== "string") throw new TypeError("a key's id must be a text");
  if (id === "" || id === "." || id === ".." || !id.isWellFormed()) throw new TypeError("not a key's id");
  return id;
}

/** `YYYY-MM-DD`, a day that there is. */
export function checkDate(date: string): string {
  const day = typeof date === "string" && /^\d{4}-\d\d-\d\d$/.test(date) ? new Date(`${date}T00:00:00Z`) : undefined;
  // JavaScript takes the 31st of April for the 1st of May.
  if (day === undefined || Number.isNaN(day.getTime()) || !day.toISOString().startsWith(date)) {
    throw new TypeError(`not a day: write YYYY-MM-DD`);
  }
  return date;
}

/** `YYYY-MM`. */
export function checkMonth(month: string): string {
  if (typeof month !== "string" || !/^\d{4}-(0[1-9]|1[0-2])$/.test(month)) {
    throw new TypeError("not a month: write YYYY-MM");
  }
  return month;
}

/** A whole number from 1 on. */
export function checkWhole(name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${name} must be a whole number above zero`);
  return value;
}

/**
 * The address of a manager's API, ending in `/api`.
 *
 * @throws TypeError where it is no http address, or holds more than an address; without showing it, for what stands
 * before an "@" or after a "?" may be a secret.
 */
export function checkAddress(address: string | URL): URL {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new TypeError("not an address: write https://host:port or https://host:port/api");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new TypeError("not an address of a manager: write https://host:port, or http:// in place of https://");
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new TypeError("a manager's address is host and path only; the key goes into apiKey");
  }
  const path = url.pathname.replace(/\/+$/, "");
  url.pathname = path.endsWith("/api") ? path : `${path}/api`;
  return url;
}

/** A key that can stand in a header; never shown. */
export function checkApiKey(apiKey: string): string {
  if (typeof apiKey !== "string" || !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new TypeError("apiKey must be visible ASCII without spaces; a line break at its end is a common mistake");
  }
  return apiKey;
}
