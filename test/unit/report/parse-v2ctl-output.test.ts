import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { StatsError } from "../../../src/errors/stats-error.ts";
import { parseStatName } from "../../../src/names/index.ts";
import { parseV2ctlOutput } from "../../../src/report/index.ts";

function sample(file: string): string {
  return readFileSync(new URL(`../../samples/${file}`, import.meta.url), "utf8");
}

function bytesOf(text: string, name: string): bigint | undefined {
  return parseV2ctlOutput(text).find((counter) => counter.name === name)?.value;
}

/** Expects a refusal that names the line. */
function refuses(text: string, line: number, problem: RegExp, advice = /Save the whole output/): void {
  assert.throws(
    () => parseV2ctlOutput(text),
    (error) => {
      assert.ok(error instanceof StatsError, String(error));
      assert.equal(error.code, "malformed");
      assert.ok(error.message.startsWith(`cannot read counters, line ${line}: `), error.message);
      assert.match(error.message, problem);
      assert.match(error.advice ?? "", advice);
      return true;
    },
    text.slice(0, 60),
  );
}

/** Prints a counter as V2Ray 4 does. */
function printBlock(name: string, value: bigint): string {
  const escapes = new Map([
    [0x0a, "\\n"],
    [0x0d, "\\r"],
    [0x09, "\\t"],
    [0x22, '\\"'],
    [0x5c, "\\\\"],
  ]);
  const bytes = Array.from(new TextEncoder().encode(name), (byte) => {
    const printable = byte >= 0x20 && byte < 0x7f;
    return escapes.get(byte) ?? (printable ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`);
  });
  return `stat: <\n  name: "${bytes.join("")}"\n${value === 0n ? "" : `  value: ${value}\n`}>\n`;
}

test("parseV2ctlOutput reads what v2ctl printed, zeros too, in its order", () => {
  const counters = parseV2ctlOutput(sample("cli-v2ctl-querystats.txt"));
  assert.equal(counters.length, 18);
  assert.deepEqual(counters.slice(0, 2), [
    { name: "inbound>>>tcp>>>traffic>>>uplink", value: 718478n },
    { name: "outbound>>>blocked>>>traffic>>>uplink", value: 0n },
  ]);
  assert.deepEqual(parseV2ctlOutput(sample("cli-v2ctl-getstats.txt")), [
    { name: "user>>>alice@tcp>>>traffic>>>downlink", value: 5000230n },
  ]);
});

test("parseV2ctlOutput decodes the names v2ctl escapes", () => {
  const zoe = "user>>>Zoë O'Neil <z@x>>>>traffic>>>downlink";
  assert.equal(bytesOf(sample("traffic-sh-odd-names.in.txt"), zoe), 3114n);
  assert.equal(bytesOf(sample("traffic-sh-odd-names.in.txt"), 'inbound>>>t q"x>>>traffic>>>uplink'), 330n);

  const tags = parseV2ctlOutput(sample("cli-v2ctl-hard-names.txt")).map(({ name }) => parseStatName(name));
  const subjects = new Set(tags.map((name) => (name.kind === "traffic" ? name.subject : name)));
  assert.deepEqual(
    subjects,
    new Set([
      "api-in",
      "a\x1b[31mb",
      "n\nl",
      "q\"x'y",
      "back\\slash\\303",
      "Zoë 😀",
      "tab\there",
      "c1\u009b2J",
      "bidi\u202eabc",
      "dir>>>ect",
      "=1+1",
      "del\x7f",
      "nul\0x",
    ]),
  );
});

test("parseV2ctlOutput takes any layout of the text format", () => {
  const expected = [
    { name: "a", value: 1n },
    { name: "b", value: 0n },
  ];
  for (const text of [
    'stat: <\nname: "a"\nvalue: 1\n>\nstat: <\nname: "b"\n>\n',
    'stat {\n\tname: "a"\n\tvalue: 1\n}\nstat {\n\tname: "b"\n}\n',
    'stat: {name: "a" value: 1} stat: {name: "b" value: 0}',
    'stat:<name:"a" value:1>stat:<name:"b">',
    "stat < value: 1 name: 'a' >\r\nstat < name: 'b' >\r\n\r\n",
    '\ufeffstat: <\n      name: "\\141"\n      value: 1\n>\n\nstat: <\n  name: "b"\n  value: 0\n>',
  ]) {
    assert.deepEqual(parseV2ctlOutput(text), expected, text);
  }
});

test("parseV2ctlOutput gives back every name and value that the text format holds", () => {
  const names = fc.uniqueArray(
    fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("__proto__", "\ufeff", '\\"', ">", "}", "\\303", "\u2028")),
  );
  fc.assert(
    fc.property(names, fc.bigInt(0n, 2n ** 63n - 1n), (texts, first) => {
      const counters = texts.map((name, index) => ({ name, value: index === 0 ? first : BigInt(index - 1) }));
      const text = `${counters.map(({ name, value }) => printBlock(name, value)).join("")}\n`;
      assert.deepEqual(parseV2ctlOutput(text), counters);
    }),
  );
});

test("parseV2ctlOutput reads the JSON of xray and of v2ray 5", () => {
  const xray = parseV2ctlOutput(sample("cli-xray-statsquery.json"));
  assert.equal(xray.length, 16);
  assert.deepEqual(xray[0], { name: "inbound>>>ws>>>traffic>>>downlink", value: 2766960442n });
  assert.deepEqual(xray[1], { name: "inbound>>>kcp>>>traffic>>>downlink", value: 0n });
  assert.deepEqual(parseV2ctlOutput(sample("cli-xray-stats.json")), [
    { name: "user>>>alice@tcp>>>traffic>>>downlink", value: 5000230n },
  ]);
  assert.equal(bytesOf(sample("cli-v2ray5-stats.json"), "user>>>alice@tcp>>>traffic>>>uplink"), 700239n);
  const zoe = "user>>>Zoë O'Neil <z@x>>>>traffic>>>uplink";
  assert.equal(bytesOf(sample("cli-v2ray5-odd-names.json"), zoe), 83n);
});

test("parseV2ctlOutput reads counters as our own command line prints them", () => {
  assert.deepEqual(parseV2ctlOutput('[{"name":"a","value":"1"},\n{"value":"0","name":"b"}]\n'), [
    { name: "a", value: 1n },
    { name: "b", value: 0n },
  ]);
  assert.deepEqual(parseV2ctlOutput('{"name":"a","value":"1"}\n'), [{ name: "a", value: 1n }]);
});

test("parseV2ctlOutput gives back every name and value that JSON holds", () => {
  const names = fc.uniqueArray(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("\ud800", "\u2028", '\\"')));
  const int64 = fc.bigInt(0n, 2n ** 63n - 1n);
  fc.assert(
    fc.property(names, int64, fc.boolean(), (names, value, asText) => {
      const stat = names.map((name) => `{"name": ${JSON.stringify(name)}, "value": ${asText ? `"${value}"` : value}}`);
      const expected = names.map((name) => ({ name, value }));
      assert.deepEqual(parseV2ctlOutput(`{"stat": [${stat.join(",")}]}\n`), expected);
      assert.deepEqual(parseV2ctlOutput(`[${stat.join(",\n")}]`), expected);
    }),
  );
});

test("parseV2ctlOutput keeps integers beyond 2^53, and refuses what no counter holds", () => {
  for (const value of ["9007199254740993", "9223372036854775807"]) {
    assert.equal(bytesOf(`{"stat":{"name":"a","value":${value}}}`, "a"), BigInt(value));
    assert.equal(bytesOf(`{"stat":{"name":"a","value":"${value}"}}`, "a"), BigInt(value));
    assert.equal(bytesOf(`stat: <\n  name: "a"\n  value: ${value}\n>\n`, "a"), BigInt(value));
  }
  const values = [
    "9223372036854775808",
    "-1",
    "-0",
    "1e3",
    "1.0",
    "010",
    "0x10",
    '""',
    "null",
    "true",
    "-",
    "9".repeat(1e6),
  ];
  for (const value of values) {
    refuses(`{"stat":\n{"name":"a",\n"value":${value}}}`, 3, /expected a whole number of bytes, from 0 to 2\^63 - 1/);
    refuses(`stat: <\n  name: "a"\n  value: ${value}\n>\n`, 3, /expected a whole number of bytes, from 0 to 2\^63 - 1/);
  }
});

test("parseV2ctlOutput knows an answer without counters from no answer", () => {
  for (const text of ["\n", "\r\n", "{}", "{\n}\n\n", "[]\n", '{"stat": []}'])
    assert.deepEqual(parseV2ctlOutput(text), []);
  for (const text of ["", "\ufeff", "  ", "\n\n", "\r\n\r\n"]) {
    refuses(text, text.split("\n").length, /nothing was printed/);
  }
});

test("parseV2ctlOutput refuses sizes that are rounded and says what to save", () => {
  refuses(sample("cli-v2ray5-stats.txt"), 1, /sizes are rounded/, /v2ray api stats -json/);
  refuses(sample("traffic-sh.out.txt"), 1, /sizes are rounded/, /StatsService\.QueryStats/);
});

test("parseV2ctlOutput refuses other answers of the same tools", () => {
  refuses(sample("cli-v2ctl-getsysstats.txt"), 1, /state of the core's process/);
  refuses(sample("cli-xray-statssys.json"), 1, /state of the core's process/);
  refuses(sample("cli-v2ray5-runtime.json"), 1, /state of the core's process/);
  refuses(sample("cli-v2ray5-runtime.txt"), 1, /state of the core's process/);
  refuses(sample("cli-xray-statsgetallonlineusers.json"), 1, /who is online/);
  refuses(sample("cli-xray-statsonlineiplist.json"), 1, /who is online/);
  refuses('{"name": "user>>>alice@tcp>>>online"}', 1, /how many addresses/);
  refuses(sample("cli-xray-statsonline.json"), 3, /how many addresses a user is online from/);
});

test("parseV2ctlOutput refuses what was saved by mistake", () => {
  refuses(sample("cli-v2ctl-usage.txt"), 1, /usage text/);
  refuses("usage: xray api statsquery [--server=127.0.0.1:8080] [-pattern '']\n", 1, /usage text/);
  refuses("xray api provides tools to manipulate Xray via its API.\n\nUsage:\n", 1, /usage text/);
  refuses(sample("cli-v2ctl-notfound.stderr.txt"), 1, /an error of the command/, /when the core answers/);
  refuses("failed to dial 127.0.0.1:8080\n", 1, /an error of the command/, /when the core answers/);
  refuses("\n<!DOCTYPE html>\n<html><body>404</body></html>\n", 2, /a web page/);
  refuses('{"error": "not found"}', 1, /expected name or value, found "error": "not found"/);
  refuses("bash: v2ctl: command not found\n", 1, /expected stat: <, found bash: v2ctl: command not found/);
  refuses(Buffer.from('\ufeffstat: <\n  name: "a"\n>\n', "utf16le").toString("utf8"), 1, /not UTF-8/, /UTF-16/);
});

test("parseV2ctlOutput does not take a name for a mistake", () => {
  const name = "user>>>usage: failed to rpc error>>>traffic>>>uplink";
  assert.equal(bytesOf(`stat:<name:"${name}" value:1>`, name), 1n);
  assert.equal(bytesOf(`{"stat":{"name":"${name}","value":1}}`, name), 1n);
  assert.equal(bytesOf(`[{"name":"${name}","value":"1"}]`, name), 1n);
});

test("parseV2ctlOutput refuses a text that is cut anywhere but behind a block", () => {
  const block = printBlock('user>>>Zoë "z">>>traffic>>>uplink', 12n).trimEnd();
  for (let end = 1; end < block.length; end += 1)
    refuses(block.slice(0, end), block.slice(0, end).split("\n").length, /./);
  for (const file of ["cli-xray-stats.json", "cli-v2ray5-odd-names.json"]) {
    const json = sample(file).trimEnd();
    for (let end = 1; end < json.length; end += 1)
      refuses(json.slice(0, end), json.slice(0, end).split("\n").length, /./);
  }
});

test("parseV2ctlOutput refuses anything behind the counters", () => {
  const text = sample("cli-v2ctl-getstats.txt");
  refuses(`${text}failed to dial\n`, 6, /expected stat: <, found failed to dial/);
  refuses(`${sample("cli-xray-stats.json")}failed\x1b[2J to dial`, 8, /end of the text, found failed\\x1b\[2J to dial/);
  refuses("{}{}", 1, /end of the text/);
  refuses("[],", 1, /end of the text/);
});

test("parseV2ctlOutput refuses a counter that is there twice, as in two outputs in one file", () => {
  refuses(sample("cli-v2ctl-getstats.txt").repeat(2), 7, /there twice/);
  refuses('[{"name":"a","value":"1"},\n{"name":"a","value":"1"}]', 2, /there twice/);
});

test("parseV2ctlOutput refuses a block that is not a counter", () => {
  refuses("stat: <\n>\n", 2, /without a name/);
  refuses("stat: <\n  value: 5\n>\n", 3, /without a name/);
  refuses('stat: <\n  name: "a"\n  name: "b"\n>\n', 3, /expected name, value or >/);
  refuses('stat: <\n  name: "a"\n  value: 1\n  value: 2\n>\n', 4, /expected name, value or >/);
  refuses('stat: <\n  name: "a"\n  unit: "bytes"\n>\n', 3, /found unit: "bytes"/);
  refuses('stat: <\n  name: "a"\n}\n', 3, /expected name, value or >, found }/);
  refuses('stat: {\n  name: "a"\n>\n', 3, /expected name, value or }, found >/);
  refuses("stat: <\n  name: alice\n>\n", 2, /a text in quotes/);
  refuses('{"stat":[\n{"value":1}]}', 2, /without a name/);
  refuses('{"stat":[\n{}]}', 2, /a text in quotes/);
  refuses('{"stat":[{"name":"a",\n"name":"b"}]}', 2, /expected name or value/);
  refuses('{"stat":[{"name":"a",\n"unit":"b"}]}', 2, /expected name or value/);
  refuses('{"stat":[{"name":"a"},\n]}', 2, /expected \{/);
  refuses('{"stat":\nnull}', 2, /expected \{/);
  refuses('{"stat":{"name":\n5}}', 2, /a text in quotes/);
});

test("parseV2ctlOutput refuses texts in quotes that cannot be right", () => {
  for (const raw of ["\\303", "\\303\\50", "\\400", "\\q", "\\8"])
    refuses(`stat: <\n  name: "${raw}"\n>\n`, 2, /UTF-8/);
  refuses('stat: <\n  name: "a\n>\nstat: <\n  name: "b"\n>\n', 2, /does not end/);
  refuses('stat: <\n  name: "a\\\n"\n>\n', 2, /UTF-8/);
  refuses('{"stat": {\n"name": "\\q"}}', 2, /escapes of JSON/);
  refuses('{"stat": {\n"name": "\t"}}', 2, /escapes of JSON/);
});

test("parseV2ctlOutput ends on hostile texts, however deep or long", () => {
  refuses("[".repeat(1e6), 1, /expected \{/);
  refuses('{"stat":'.repeat(1e5), 1, /found "stat"/);
  refuses("stat: <".repeat(1e5), 1, /found stat/);
  refuses(`stat: <\n  name: "${"\\".repeat(1e6)}`, 2, /does not end/);
  const long = `x${"😀".repeat(1e5)}`;
  assert.equal(bytesOf(`stat: <\n  name: "${long}\\n"\n>\n`, `${long}\n`), 0n);
});

test("parseV2ctlOutput asks for a text", () => {
  // @ts-expect-error: bytes as they come from a file
  assert.throws(() => parseV2ctlOutput(Buffer.from("{}")), new TypeError("text must be a string"));
});
