export type { ConfigFile, ConfigInput } from "../config/load/parse-config.ts";
export type { ConfigFormat } from "../config/syntax/node.ts";
export type { ConfigTarget } from "../config/target.ts";
export type { TlsOptions } from "../internal/tls-options.ts";
export type { CoreKind } from "../snapshot/evidence.ts";
export type { DiagnoseOptions } from "./diagnose.ts";
export { diagnose } from "./diagnose.ts";
export type { CheckId, CheckStatus, DetailValue, Diagnosis, DoctorCheck } from "./diagnosis.ts";
