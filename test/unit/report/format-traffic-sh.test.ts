import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { formatReport, formatTrafficSh, parseV2ctlOutput } from "../../../src/report/index.ts";
import type { Counter } from "../../../src/snapshot/counter.ts";

function sample(file: string): string {
  return readFileSync(new URL(`../../samples/${file}`, import.meta.url), "utf8");
}

/** The lines between the two frames of a section. */
function section(text: string, title: string): string[] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.includes(`--${title}--`)) + 1;
  return lines.slice(start, lines.indexOf("-----------------------------", start));
}

function users(counters: readonly Counter[]): string[] {
  return section(formatTrafficSh(counters), "User");
}

test("formatTrafficSh prints, byte for byte, what the script printed of a real core", () => {
  const counters = parseV2ctlOutput(sample("traffic-sh.in.txt"));
  assert.equal(formatTrafficSh(counters), sample("traffic-sh.out.txt"));
  assert.equal(formatTrafficSh(counters.values()), sample("traffic-sh.out.txt"));
  assert.equal(formatTrafficSh(counters.toReversed()), sample("traffic-sh.out.txt"));
  assert.equal(formatReport(counters, { format: "traffic.sh" }), sample("traffic-sh.out.txt"));
});

test("formatTrafficSh of nothing holds three empty tables", () => {
  const sums = "SUM->up:     0B\nSUM->down:   0B\nSUM->TOTAL:  0B\n-----------------------------\n";
  const [inbound, outbound] = ["------------Inbound----------\n", "------------Outbound----------\n"];
  assert.equal(formatTrafficSh([]), `${inbound}${sums}${outbound}${sums}\n-------------User------------\n${sums}`);
});

test("formatTrafficSh is right where the script goes wrong: blanks, quotes, `>>>` and letters beyond ASCII", () => {
  assert.equal(
    formatTrafficSh(parseV2ctlOutput(sample("traffic-sh-odd-names.in.txt"))),
    `------------Inbound----------
inbound:t q"x->up    330B
inbound:t q"x->down  3.3KB
inbound:api->up      175B
inbound:api->down    15B
SUM->up:             505B
SUM->down:           3.3KB
SUM->TOTAL:          3.8KB
-----------------------------
------------Outbound----------
outbound:dir>>>ect->up    83B
outbound:dir>>>ect->down  3.1KB
outbound:blocked->up      0B
outbound:blocked->down    0B
SUM->up:                  83B
SUM->down:                3.1KB
SUM->TOTAL:               3.2KB
-----------------------------

-------------User------------
user:Zoë O'Neil <z@x>->up    83B
user:Zoë O'Neil <z@x>->down  3.1KB
SUM->up:                     83B
SUM->down:                   3.1KB
SUM->TOTAL:                  3.2KB
-----------------------------
`,
  );
});

test("formatTrafficSh sums by the direction, not by what a name looks like", () => {
  assert.deepEqual(
    users([
      { name: "user>>>x->up>>>traffic>>>downlink", value: 7n },
      { name: "user>>>x->down>>>traffic>>>uplink", value: 1n },
    ]),
    [
      "user:x->up->down  7B",
      "user:x->down->up  1B",
      "SUM->up:          1B",
      "SUM->down:        7B",
      "SUM->TOTAL:       8B",
    ],
  );
});

test("formatTrafficSh sums exactly above 2^53 and only then rounds", () => {
  assert.deepEqual(
    users([
      { name: "user>>>a>>>traffic>>>uplink", value: 2n ** 60n },
      { name: "user>>>b>>>traffic>>>uplink", value: 1n },
    ]),
    ["user:b->up   1B", "user:a->up   1.0EB", "SUM->up:     1.1EB", "SUM->down:   0B", "SUM->TOTAL:  1.1EB"],
  );
});

test("formatTrafficSh sorts whole lines downwards, so that a tag may begin with another", () => {
  const tags = ["a", "a-b", "B", "a>"];
  const lines = users(tags.map((tag) => ({ name: `user>>>${tag}>>>traffic>>>uplink`, value: 0n })));
  assert.deepEqual(
    lines.slice(0, 4).map((line) => line.slice(0, line.indexOf("->up"))),
    ["user:a>", "user:a-b", "user:a", "user:B"],
  );
});

test("formatTrafficSh shows a counter that is there twice as two lines", () => {
  const name = "user>>>a>>>traffic>>>uplink";
  const lines = users([
    { name, value: 3n },
    { name, value: 5n },
  ]);
  assert.deepEqual(lines.slice(0, 3), ["user:a->up   5B", "user:a->up   3B", "SUM->up:     8B"]);
});

test("formatTrafficSh lets no control character through to a terminal and keeps columns straight", () => {
  const lines = users([
    { name: "user>>>a\x1b[31m\n\u009b\u202e>>>traffic>>>uplink", value: 1n },
    { name: "user>>>名前>>>traffic>>>uplink", value: 1n },
  ]);
  assert.deepEqual(lines.slice(0, 3), [
    "user:名前->up                       1B",
    "user:a\\x1b[31m\\x0a\\u009b\\u202e->up  1B",
    "SUM->up:                            2B",
  ]);
});

test("formatTrafficSh leaves out counters that are not traffic", () => {
  assert.deepEqual(users([{ name: "user>>>alice>>>online", value: 2n }]), users([]));
  assert.equal(formatTrafficSh([{ name: "inbound>>>x", value: 2n }]), formatTrafficSh([]));
});
