import type { Detection } from "../client/detect.ts";
import { isAtLeast, targetName } from "../config/target.ts";
import type { StatsError } from "../errors/stats-error.ts";
import type { CoreKind } from "../snapshot/evidence.ts";
import { check, kindName } from "./check.ts";
import { type ConfigSide, kindOf } from "./config-side.ts";
import type { DoctorCheck } from "./diagnosis.ts";

/** The API does not answer: what happened, and what of the configuration explains it. */
export function checkUnreachable(error: StatsError, side: ConfigSide | undefined, address: string): DoctorCheck {
  const causes = (side?.obstacles ?? []).map(({ message }) => message);
  const [first] = side?.obstacles ?? [];
  const elsewhere = side === undefined ? undefined : otherAddress(side, address);
  const reason = first?.message ?? elsewhere;
  return check("reachable", "error", `${error.message}${reason === undefined ? "" : `: ${reason}`}`, {
    advice: first?.fix ?? (elsewhere === undefined ? error.advice : "Ask there instead."),
    details: { code: error.code, causes },
  });
}

/** Where the configuration has the API, if that cannot be what was asked. */
function otherAddress({ apiAddresses }: ConfigSide, address: string): string | undefined {
  const port = portOf(address);
  if (apiAddresses.length === 0 || apiAddresses.some((other) => portOf(other) === port)) return undefined;
  return `the configuration has its API at ${apiAddresses.join(", ")}`;
}

/** The part of an address that is the same from everywhere. */
function portOf(address: string): string {
  return address.startsWith("unix:") ? address : (/\d+$/.exec(address)?.[0] ?? address);
}

/** The API answers, and not as StatsService does. */
export function checkNoService(error: StatsError, side: ConfigSide | undefined): DoctorCheck {
  const isMissing = error.code === "unsupported";
  const cause = isMissing ? side?.findings.find(({ rule }) => rule === "api-service-missing") : undefined;
  return check("service", "error", cause?.message ?? error.message, {
    advice: cause?.fix ?? error.advice,
    details: { code: error.code },
  });
}

/** Which core it is, and whether the configuration is for it. */
export function checkCore({ kind, capabilities }: Detection, side: ConfigSide | undefined): DoctorCheck {
  const least = leastVersion(kind, capabilities);
  const shown = least === undefined ? kindName(kind) : `${kindName(kind)} ${least} or newer`;
  const details = { kind, leastVersion: least ?? null };
  const advice = "Give the file that this core was started with, and with --core the core it is for.";
  if (kind === "unknown") return check("core", "unknown", "what answers fits none of the four cores", { details });
  if (side === undefined) return check("core", "ok", `${shown} answers`, { details });
  if (kindOf(side.target) !== kind) {
    const message = `${shown} answers, and the configuration is read as one of ${targetName(side.target)}`;
    return check("core", "error", message, { advice, details });
  }
  if (least !== undefined && !isAtLeast(side.model.version, least)) {
    const message = `${shown} answers, and the configuration is read as one of ${side.model.version.join(".")}`;
    return check("core", "warning", message, { advice: "Name its version, with --core-version.", details });
  }
  if (side.guess.because !== undefined && kindOf(side.guess.core) !== kind) {
    const message = `${shown} answers, but the configuration looks like one of ${targetName(side.guess.core)}: ${side.guess.because}`;
    return check("core", "warning", message, { advice, details });
  }
  return check("core", "ok", `${shown} answers`, { details });
}

/** What its calls tell of its version: newer ones came with these. */
function leastVersion(kind: CoreKind, { onlineUsers, onlineIps }: Detection["capabilities"]): string | undefined {
  if (kind !== "xray") return undefined;
  if (onlineUsers) return "26.1.13";
  return onlineIps ? "25.2.18" : undefined;
}

/** Whether it keeps statistics. */
export function checkStats({ capabilities }: Detection, side: ConfigSide | undefined): DoctorCheck {
  if (capabilities.stats) return check("stats", "ok", "it keeps statistics");
  const cause = side?.findings.find(({ rule }) => rule.startsWith("stats-block-"));
  if (side === undefined || cause !== undefined)
    return check("stats", "error", `it keeps no statistics${cause === undefined ? "" : `: ${cause.message}`}`, {
      advice: cause?.fix ?? 'Add "stats": {} to its configuration, and the flags under policy; then restart it.',
    });
  return check("stats", "error", "it keeps no statistics, though the configuration has them", {
    advice: "Restart it with this file: it runs with another one.",
  });
}
