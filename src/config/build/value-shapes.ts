import { isIP } from "node:net";
import { integer, type Shape, text } from "./shape.ts";

/** A name in a counter: what would be cut, hidden or mistaken in one is refused. */
export const name: Shape = text(
  'a name of visible characters, without ">>>" and without blanks at its ends',
  (value) => {
    return value !== "" && value === value.trim() && !/>>>|\p{Cc}|\p{Cs}/u.test(value);
  },
);

/** The name of an account, which socks and http carry in their own ways. */
export const accountName: Shape = (value, at) => {
  name(value, at);
  text("a name of 255 bytes at most, without a colon", (each) => byteLength(each) <= 255 && !each.includes(":"))(
    value,
    at,
  );
};

/** A password as long as one likes. */
export const password: Shape = secret("a password", (value) => value !== "" && value.isWellFormed());

/** A password that fits into SOCKS. */
export const accountPassword: Shape = secret("a password of 1 to 255 bytes", (value) => {
  return value !== "" && value.isWellFormed() && byteLength(value) <= 255;
});

/** The id of a vmess or vless user. */
export const uuid: Shape = secret("a UUID such as 8f0c1b8e-6f52-4ed8-9a53-0c5d3c0f6a11", (value) => {
  return /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value);
});

/** A key of shadowsocks 2022. */
export function key(bytes: number): Shape {
  return secret(`a key of ${bytes} bytes in base64`, (value) => {
    const decoded = Buffer.from(value, "base64");
    return decoded.length === bytes && decoded.toString("base64") === value;
  });
}

/** A port to listen on or to connect to. */
export const port: Shape = integer(1, 65535);

/** An address to listen on. */
export const address: Shape = text("an IP address", (value) => isIP(value) !== 0);

/** A server to connect to. */
export const remoteHost: Shape = text("an IP address or a domain", (value) => {
  return isIP(value) !== 0 || /^[\p{L}\p{N}](?:[\p{L}\p{N}._-]*[\p{L}\p{N}])?$/u.test(value);
});

/** A file that the core reads. */
export const file: Shape = text("the path of a file", (value) => value !== "" && !value.includes("\0"));

/** The path of an HTTP request. */
export const requestPath: Shape = text("a path that begins with /", (value) => /^\/[^\s?#]*$/.test(value));

/** A Unix socket; Linux has 108 bytes for its path, the last one zero. */
export const socket: Shape = text("a path that begins with /, or @ and a name, of 107 bytes at most", (value) => {
  return /^[/@][^\0]+$/.test(value) && byteLength(value) <= 107;
});

/** Text that no message repeats. */
function secret(what: string, fits: (text: string) => boolean): Shape {
  return (value, at) => {
    if (typeof value !== "string") throw new TypeError(`${at} must be ${what}`);
    if (!fits(value)) throw new RangeError(`${at} must be ${what}`);
  };
}

function byteLength(value: string): number {
  return Buffer.byteLength(value);
}
