import assert from "node:assert/strict";
import { test } from "node:test";
import { expectTypeOf } from "expect-type";
import type { ReportFormat, ReportOptions } from "../../../src/report/index.ts";
import { formatReport } from "../../../src/report/index.ts";
import type { Counter } from "../../../src/snapshot/counter.ts";

function pair(scope: string, subject: string, uplink: bigint, downlink: bigint): Counter[] {
  return [
    { name: `${scope}>>>${subject}>>>traffic>>>downlink`, value: downlink },
    { name: `${scope}>>>${subject}>>>traffic>>>uplink`, value: uplink },
  ];
}

const counters = [
  ...pair("user", "bob@tcp", 85n, 131_188n),
  ...pair("outbound", "direct", 700_413n, 5_131_418n),
  ...pair("user", "alice@tcp", 700_239n, 5_000_230n),
  ...pair("user", "carol@ws", 0n, 0n),
  ...pair("user", "anna@ws", 0n, 0n),
];

test("formatReport writes a table for each scope, largest first, then by name", () => {
  assert.equal(
    formatReport(counters),
    `Users (4): 683.9 KiB up, 4.9 MiB down, 5.6 MiB total
name              up       down      total  share
alice@tcp  683.8 KiB    4.8 MiB    5.4 MiB  97.7%
bob@tcp         85 B  128.1 KiB  128.2 KiB   2.3%
anna@ws          0 B        0 B        0 B   0.0%
carol@ws         0 B        0 B        0 B   0.0%

Inbounds: no counters

Outbounds (1): 684.0 KiB up, 4.9 MiB down, 5.6 MiB total
name           up     down    total   share
direct  684.0 KiB  4.9 MiB  5.6 MiB  100.0%
`,
  );
  assert.equal(formatReport(counters, { format: "text" }), formatReport(counters.values(), {}));
});

test("formatReport of nothing says so", () => {
  assert.equal(formatReport([]), "Users: no counters\n\nInbounds: no counters\n\nOutbounds: no counters\n");
  assert.equal(formatReport([], { format: "csv" }), "scope,subject,uplink,downlink,total\r\n");
  assert.deepEqual(JSON.parse(formatReport([], { format: "json" })), []);
});

test("formatReport has no share of nothing", () => {
  assert.match(formatReport(pair("inbound", "ws", 0n, 0n)), /\nws {4}0 B {3}0 B {4}0 B {6}-\n/);
});

test("formatReport lists counters that are not traffic with their bare values", () => {
  const other = [
    { name: "z>>>\x1b[2J", value: 2048n },
    { name: "user>>>alice>>>online", value: 2n },
  ];
  assert.ok(
    formatReport(other).endsWith(
      "\n\nOther (2)\nname                   value\nuser>>>alice>>>online      2\nz>>>\\x1b[2J             2048\n",
    ),
  );
  assert.equal(formatReport(other, { format: "csv" }), "scope,subject,uplink,downlink,total\r\n");
  assert.equal(formatReport(other, { format: "json" }), "[]\n");
});

test("formatReport counts an absent direction as zero, whatever the user is called", () => {
  const lone = [{ name: "user>>>__proto__>>>traffic>>>downlink", value: 5n }];
  assert.equal(formatReport(lone, { format: "csv" }).split("\r\n")[1], "user,__proto__,0,5,5");
});

test("formatReport writes CSV in bytes, users first", () => {
  assert.equal(
    formatReport([...counters, ...pair("inbound", "ws", 2n ** 62n, 2n ** 62n + 1n)], { format: "csv" }),
    [
      "scope,subject,uplink,downlink,total",
      "user,alice@tcp,700239,5000230,5700469",
      "user,bob@tcp,85,131188,131273",
      "user,anna@ws,0,0,0",
      "user,carol@ws,0,0,0",
      "inbound,ws,4611686018427387904,4611686018427387905,9223372036854775809",
      "outbound,direct,700413,5131418,5831831",
      "",
    ].join("\r\n"),
  );
});

test("formatReport writes CSV that a spreadsheet and a terminal can be given", () => {
  const field = (subject: string) => {
    const [, line = ""] = formatReport(pair("user", subject, 1n, 2n), { format: "csv" }).split("\r\n");
    return line.slice("user,".length, -",1,2,3".length);
  };
  assert.equal(field('a "b", c'), '"a ""b"", c"');
  assert.equal(field('=HYPERLINK("http://x")'), `"'=HYPERLINK(""http://x"")"`);
  assert.equal(field("+4912345"), "'+4912345");
  assert.equal(field("-1"), "'-1");
  assert.equal(field("@alice"), "'@alice");
  assert.equal(field("'quoted"), "''quoted");
  assert.equal(field("a=b@c"), "a=b@c");
  assert.equal(field("a\r\nuser,b\x1b[2J"), '"a\\x0d\\x0auser,b\\x1b[2J"');
});

test("formatReport writes JSON that gives every subject and byte back, in plain characters", () => {
  const subjects = ["a\x1b\x7f\u009b\u202e\ud800\n\\u007f", "__proto__", "Zoë 😀"];
  const text = formatReport(
    subjects.flatMap((subject) => pair("user", subject, 2n ** 63n - 1n, 1n)),
    { format: "json" },
  );
  assert.doesNotMatch(text, /[^\P{Cc}\n]|\p{Bidi_Control}|\p{Cs}/u);
  const expected = subjects.map((subject) => {
    return {
      scope: "user",
      subject,
      uplink: "9223372036854775807",
      downlink: "1",
      total: "9223372036854775808",
    };
  });
  assert.deepEqual(
    JSON.parse(text),
    expected.sort((a, b) => (a.subject < b.subject ? -1 : 1)),
  );
});

test("formatReport refuses another format", () => {
  // @ts-expect-error: no such format
  const options: ReportOptions = { format: "xml" };
  assert.throws(
    () => formatReport([], options),
    new RangeError('format must be "text", "traffic.sh", "csv" or "json", not "xml"'),
  );
  expectTypeOf<ReportOptions["format"]>().toEqualTypeOf<ReportFormat | undefined>();
});
