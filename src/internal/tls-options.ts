import type { SecureContextOptions } from "node:tls";

/** TLS towards a server. */
export interface TlsOptions {
  /** Certificate authorities to trust instead of Node's own, PEM; for a self-signed server its own certificate. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
  /** Our own certificate chain, PEM, where the server asks for one. */
  readonly cert?: string | Uint8Array | undefined;
  /** The key of our certificate, PEM. */
  readonly key?: string | Uint8Array | undefined;
  /**
   * The name to ask for and to verify.
   *
   * @defaultValue the host of the address
   */
  readonly serverName?: string | undefined;
}

/** The same as Node's clients take it. */
export function secureOptions(tls: TlsOptions = {}): SecureContextOptions & { servername?: string } {
  const { ca, cert, key, serverName } = tls;
  return {
    ...(ca !== undefined && { ca: (Array.isArray(ca) ? [...ca] : ca) as string }),
    ...(cert !== undefined && { cert: cert as string }),
    ...(key !== undefined && { key: key as string }),
    ...(serverName !== undefined && { servername: serverName }),
  };
}
