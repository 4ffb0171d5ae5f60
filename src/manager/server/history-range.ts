import type { HistoryRange } from "./history-bodies.ts";
import { Problem } from "./problem.ts";

/** A day. @throws Problem 422 where there is no such day. */
export function dayRange(date: string): HistoryRange {
  const [year = 0, month = 0, day = 0] = numbersOf(/^(\d{4})-(\d\d)-(\d\d)$/, date, "a day as YYYY-MM-DD");
  if (dateText(year, month, day) !== date) throw new Problem(422, "There is no such day");
  return { from: date, to: dateText(year, month, day + 1) };
}

/** A month. @throws Problem 422 where there is no such month. */
export function monthRange(month: string): HistoryRange {
  const [year = 0, number = 0] = numbersOf(/^(\d{4})-(0[1-9]|1[0-2])$/, month, "a month as YYYY-MM");
  return { from: dateText(year, number, 1), to: dateText(year, number + 1, 1) };
}

/** The month of a time in a zone. */
export function monthOf(at: Date, timeZone: string): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit" }).format(at).slice(0, 7);
}

function numbersOf(form: RegExp, text: string, wanted: string): number[] {
  const [, ...parts] = form.exec(text) ?? [];
  if (parts.length === 0) throw new Problem(422, `Write ${wanted}`);
  const numbers = parts.map(Number);
  // Elsewhere there is nothing, JavaScript takes the year 26 for 1926, and after 9999 years have other digits.
  const [year] = numbers as [number];
  if (year < 1970 || year > 2089) throw new Problem(422, `Write ${wanted}, from 1970 to 2089`);
  return numbers;
}

function dateText(year: number, month: number, day: number): string {
  return new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10);
}
