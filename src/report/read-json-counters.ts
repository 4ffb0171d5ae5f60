import type { Counter } from "../snapshot/counter.ts";
import { type CounterList, createCounterList } from "./counter-list.ts";
import type { TextScanner } from "./text-scanner.ts";

// Not by JSON.parse: it rounds integers beyond 2^53, lets a field stand twice, and its errors do not name the line.

/**
 * Reads the JSON of `xray api` and `v2ray api` (`{"stat": [{"name", "value"}]}`, `{"stat": {…}}`, `{}`) or of our own
 * command line (`[{"name", "value"}]`, `{"name", "value"}`), to the end of the text.
 */
export function readJsonCounters(scanner: TextScanner): Counter[] {
  const list = createCounterList(scanner);
  if (scanner.take("[")) readItems(scanner, list);
  else readAnswer(scanner, list);
  if (!scanner.isAtEnd()) throw scanner.unexpected("the end of the text");
  return list.counters;
}

function readAnswer(scanner: TextScanner, list: CounterList): void {
  scanner.expect("{");
  if (scanner.take("}")) return;
  const field = readString(scanner);
  if (field === "stat") {
    scanner.expect(":");
    if (scanner.take("[")) readItems(scanner, list);
    else readCounter(scanner, list);
    scanner.expect("}");
  } else {
    readFields(scanner, list, field);
  }
}

function readItems(scanner: TextScanner, list: CounterList): void {
  if (scanner.take("]")) return;
  do readCounter(scanner, list);
  while (scanner.take(","));
  scanner.expect("]");
}

function readCounter(scanner: TextScanner, list: CounterList): void {
  scanner.expect("{");
  readFields(scanner, list, readString(scanner));
}

function readFields(scanner: TextScanner, list: CounterList, first: string): void {
  let name: string | undefined;
  let value: bigint | undefined;
  for (let field = first; ; field = readString(scanner)) {
    if (field === "name" && name === undefined) {
      scanner.expect(":");
      name = list.admitName(readString(scanner));
    } else if (field === "value" && value === undefined) {
      scanner.expect(":");
      value = list.admitValue(scanner.takeQuoted('"') ?? scanner.takeWord());
    } else {
      throw scanner.unexpected("name or value");
    }
    if (!scanner.take(",")) break;
  }
  scanner.expect("}");
  list.add(name, value);
}

function readString(scanner: TextScanner): string {
  const raw = scanner.takeQuoted('"');
  if (raw === undefined) throw scanner.unexpected("a text in quotes");
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    throw scanner.unexpected("a text with the escapes of JSON");
  }
}
