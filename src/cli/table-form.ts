import { Option } from "commander";
import { type CliContext, print } from "./context.ts";
import { UsageError } from "./usage-error.ts";

/** How rows are printed. */
export type FormName = "table" | "csv" | "json";

/** A time as a person of the zone reads it; programs get UTC. */
export type TimeText = (at: Date) => string;

/** How rows of a kind look in each form. */
export type Forms<Row> = Readonly<Record<FormName, (rows: readonly Row[], timeText: TimeText) => string>>;

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

/** Prints rows in a form, with the times of a zone. */
export async function printRows<Row>(
  context: CliContext,
  write: Forms<Row>[FormName],
  rows: readonly Row[],
  timeZone: string,
): Promise<void> {
  const { formatZonedTime } = await import("../usage/zoned-time.ts");
  const text = write(rows, (at) => formatZonedTime(at, timeZone));
  await print(context, text);
}
