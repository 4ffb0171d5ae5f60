/** The address an inbound listens on; `undefined` for all. Socks and http are for this machine, as they hide nothing. */
export function listenHost(inbound: {
  readonly protocol: string;
  readonly host?: string | undefined;
}): string | undefined {
  const { protocol, host } = inbound;
  return host ?? (protocol === "socks" || protocol === "http" ? "127.0.0.1" : undefined);
}
