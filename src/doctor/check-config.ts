import type { Finding } from "../config/check/finding.ts";
import type { ConfigError } from "../errors/config-error.ts";
import { check, countOf } from "./check.ts";
import type { ConfigSide } from "./config-side.ts";
import type { DoctorCheck } from "./diagnosis.ts";

/** What the rules say of the configuration. */
export function checkConfig({ findings }: ConfigSide): DoctorCheck {
  const errors = findings.filter(({ severity }) => severity === "error");
  const warnings = findings.filter(({ severity }) => severity === "warning");
  const worst = errors[0] ?? warnings[0];
  const details = {
    errors: errors.length,
    warnings: warnings.length,
    findings: [...errors, ...warnings].slice(0, 50).map(lineOf),
  };
  if (worst === undefined)
    return check("config", "ok", "the rules find nothing wrong with the configuration", { details });
  const counts = [
    ...(errors.length > 0 ? [countOf(errors.length, "error")] : []),
    ...(warnings.length > 0 ? [countOf(warnings.length, "warning")] : []),
  ];
  const message = `the configuration has ${counts.join(" and ")}, first: ${worst.message}`;
  const advice = `${worst.fix} \`v2ray-stats config check\` shows them all.`;
  return check("config", errors.length > 0 ? "error" : "warning", message, { advice, details });
}

function lineOf({ rule, message, location: { file, start } }: Finding): string {
  return `${file}:${start.line}:${start.column}: ${message} [${rule}]`;
}

/** The configuration cannot be read. */
export function checkUnreadableConfig(error: ConfigError): DoctorCheck {
  return check("config", "error", `the configuration cannot be read: ${error.message}`, {
    advice: "Mend that place first.",
    details: { issues: error.issues.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`) },
  });
}

/** Who can reach the API by the configuration. */
export function checkExposure({ findings, apiAddresses }: ConfigSide): DoctorCheck | undefined {
  if (apiAddresses.length === 0) return undefined;
  const details = { addresses: apiAddresses };
  const finding = findings.find(({ rule }) => rule === "api-listen-public");
  if (finding !== undefined) {
    const message = `${finding.message}: ${finding.consequence.replace(/\.$/, "")}`;
    return check("exposure", finding.severity === "info" ? "warning" : finding.severity, message, {
      advice: finding.fix,
      details,
    });
  }
  return check("exposure", "ok", `the API listens at ${apiAddresses.join(", ")}`, { details });
}
