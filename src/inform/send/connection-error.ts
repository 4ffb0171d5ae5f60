import { StatsError } from "../../errors/stats-error.ts";
import { isCertificateAlert } from "../../http/send-request.ts";
import { networkFailure } from "../../internal/network-failure.ts";

/** Why nothing could be sent: code `unreachable` or `tls`. */
export function connectionError({ host }: URL, error: unknown): StatsError {
  const { kind, text, cause } = networkFailure(error);
  if (isCertificateAlert(cause)) {
    return new StatsError("tls", `${host} lets nobody in without a certificate that it trusts (${text})`, {
      cause,
      advice: "Ours is given with tls.cert and tls.key, or --hub-cert and --hub-key.",
    });
  }
  if (kind === "tls") {
    return new StatsError("tls", `TLS with ${host} failed: ${text}`, {
      cause,
      advice: "Check the certificates, the server name, and that the port really speaks TLS.",
    });
  }
  return new StatsError("unreachable", `cannot reach ${host}: ${text}`, {
    cause,
    advice: "Check the address, and that the receiver is running.",
  });
}
