import type { ServerTls } from "./inbound-options.ts";

/** Where the API is, on a port. */
export interface ApiPort {
  /**
   * The IP address to listen on. Who reaches it can read and reset the counters, so one that is not of this machine
   * alone needs TLS.
   *
   * @defaultValue "127.0.0.1"
   */
  readonly host?: string | undefined;
  /** The port to listen on. */
  readonly port: number;
  /** Not with a port. */
  readonly socket?: undefined;
}

/** Where the API is, on a Unix socket; the core makes it with mode 0755. */
export interface ApiSocket {
  /** A path that begins with `/`, or `@` and the name of an abstract socket. */
  readonly socket: string;
  /** Not with a socket. */
  readonly port?: undefined;
  /** Not with a socket. */
  readonly host?: undefined;
  /** Not with a socket. */
  readonly tls?: undefined;
}

/** The virtual outbound that V2Ray and Xray hang the API on. */
export interface ApiName {
  /**
   * The virtual outbound's tag.
   *
   * @defaultValue "api"
   */
  readonly tag?: string | undefined;
}

/** The inbound that leads to the API. */
export interface ApiEntrance extends ApiName {
  /**
   * The inbound's tag.
   *
   * @defaultValue "api"
   */
  readonly inboundTag?: string | undefined;
}

/** TLS before the API. It hides what is said and does not ask who says it. */
export interface ApiTls<Tls extends ServerTls> {
  /** Speaks TLS. */
  readonly tls?: Tls | undefined;
}

/** TLS that lets in whoever calls. */
export interface OpenTls extends ServerTls {
  /** Not with this core, which would check nothing. */
  readonly clientAuthorityFile?: undefined;
}

/** TLS that also asks who calls; V2Ray 5 alone can. */
export interface MutualTls extends ServerTls {
  /** Lets in only those with a certificate of this authority; a PEM file that the core reads. */
  readonly clientAuthorityFile?: string | undefined;
}

/** Where V2Ray 4 has its API. */
export type V2ray4ApiOptions = (ApiPort & ApiEntrance & ApiTls<OpenTls>) | (ApiSocket & ApiEntrance);

/** Where V2Ray 5 has its API. */
export type V2ray5ApiOptions = (ApiPort & ApiEntrance & ApiTls<MutualTls>) | (ApiSocket & ApiEntrance);

/** Xray's own listener: nothing is routed to it, and it is not counted itself. Xray has it from 1.8.12 on. */
export interface ApiListen extends ApiPort, ApiName {
  /**
   * How the API is reached.
   *
   * @defaultValue "listen", with Xray before 1.8.12 "inbound"
   */
  readonly way?: "listen" | undefined;
  /** Not with Xray's own listener. */
  readonly inboundTag?: undefined;
  /** Not with Xray's own listener. */
  readonly tls?: undefined;
}

/** Xray's API behind an inbound, as V2Ray has it. */
export interface ApiInbound extends ApiPort, ApiEntrance, ApiTls<OpenTls> {
  /** How the API is reached. */
  readonly way: "inbound";
}

/** Xray's API behind an inbound on a Unix socket. */
export interface ApiInboundSocket extends ApiSocket, ApiEntrance {
  /** How the API is reached. */
  readonly way?: "inbound" | undefined;
}

/** Where Xray has its API, told apart by `way` and `socket`. */
export type XrayApiOptions = ApiListen | ApiInbound | ApiInboundSocket;

/** Where sing-box has its API: on a port of this machine alone, as it has neither TLS nor a password. */
export interface SingBoxApiOptions {
  /**
   * The loopback address to listen on.
   *
   * @defaultValue "127.0.0.1"
   */
  readonly host?: string | undefined;
  /** The port to listen on. */
  readonly port: number;
}
