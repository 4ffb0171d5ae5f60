export type { Counter } from "../snapshot/counter.ts";
export { formatBytes, formatRate } from "./format-bytes.ts";
export type { ReportFormat, ReportOptions } from "./format-report.ts";
export { formatReport } from "./format-report.ts";
export type { TableColumn } from "./format-table.ts";
export { formatTable } from "./format-table.ts";
export { formatTrafficSh } from "./format-traffic-sh.ts";
export { parseV2ctlOutput } from "./parse-v2ctl-output.ts";
