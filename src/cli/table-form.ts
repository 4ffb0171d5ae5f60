import { Option } from "commander";
import { UsageError } from "./usage-error.ts";

/** How rows are printed. */
export type FormName = "table" | "csv" | "json";

/** The flags that choose it. */
export interface FormFlags {
  readonly format?: FormName | undefined;
  readonly json?: true | undefined;
}

/** The flag `--format`. */
export function formOption(): Option {
  return new Option("--format <format>", "the form (default: table)").choices(["table", "csv", "json"]);
}

/** @throws UsageError where `--json` says otherwise. */
export function formOf({ format, json }: FormFlags): FormName {
  if (json && format !== undefined && format !== "json")
    throw new UsageError("--json and --format contradict each other");
  return format ?? (json ? "json" : "table");
}
