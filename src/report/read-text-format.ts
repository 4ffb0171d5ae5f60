import type { Counter } from "../snapshot/counter.ts";
import { type CounterList, createCounterList } from "./counter-list.ts";
import type { TextScanner } from "./text-scanner.ts";
import { unescapeText } from "./unescape-text.ts";

/** Reads Protobuf's text format, blocks such as `stat: < name: "…" value: 1 >`, to the end of the text. */
export function readTextFormat(scanner: TextScanner): Counter[] {
  const list = createCounterList(scanner);
  while (!scanner.isAtEnd()) {
    if (scanner.takeWord() !== "stat") throw scanner.unexpected("stat: <");
    scanner.take(":");
    readBlock(scanner, list);
  }
  return list.counters;
}

function readBlock(scanner: TextScanner, list: CounterList): void {
  const end = scanner.take("<") ? ">" : "}";
  if (end === "}") scanner.expect("{");
  let name: string | undefined;
  let value: bigint | undefined;
  while (!scanner.take(end)) {
    const field = scanner.takeWord();
    if (field === "name" && name === undefined) {
      scanner.expect(":");
      name = list.admitName(readString(scanner));
    } else if (field === "value" && value === undefined) {
      scanner.expect(":");
      value = list.admitValue(scanner.takeWord());
    } else {
      throw scanner.unexpected(`name, value or ${end}`);
    }
  }
  list.add(name, value);
}

function readString(scanner: TextScanner): string {
  const raw = scanner.takeQuoted(`"'`);
  if (raw === undefined) throw scanner.unexpected("a text in quotes");
  const text = unescapeText(raw);
  if (text === undefined) throw scanner.unexpected("a text in UTF-8 with the escapes of v2ctl");
  return text;
}
