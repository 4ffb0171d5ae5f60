import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeDocuments } from "../../../../src/config/load/merge-files.ts";
import { compareText } from "../../../../src/config/load/merge-keys.ts";
import type { ConfigDocument } from "../../../../src/config/syntax/document.ts";
import { memberAt } from "../../../../src/config/syntax/lookup.ts";
import type { ConfigNode } from "../../../../src/config/syntax/node.ts";
import { parseJson } from "../../../../src/config/syntax/parse-json.ts";
import { SyntaxProblem } from "../../../../src/config/syntax/syntax-problem.ts";
import { type ConfigTarget, configTargets } from "../../../../src/config/target.ts";

type Files = readonly (string | readonly [name: string, text: string])[];

function documentsOf(files: Files): ConfigDocument[] {
  return files.map((file, index) => {
    const [name, text] = typeof file === "string" ? [`${index}.json`, file] : file;
    return parseJson({ name, text, format: "json" });
  });
}

/** The tree as JSON: equal names would stay visible. */
function print(node: ConfigNode): string {
  if (node.kind === "array") return `[${node.children.map(print).join()}]`;
  if (node.kind !== "object") return JSON.stringify(node.value);
  return `{${node.children.map((child) => `${JSON.stringify(child.key)}:${print(child)}`).join()}}`;
}

interface Row {
  readonly title: string;
  readonly targets: readonly ConfigTarget[];
  readonly files: Files;
  readonly merged: string;
}

const policyTwice = ['{"policy":{"levels":{"0":{"a":1}}},"policy":{"system":{"b":2}}}'];
const policyFiles = ['{"policy":{"levels":{"0":{"a":1}}}}', '{"policy":{"system":{"b":2}}}'];
const taggedInbounds = [
  '{"inbounds":[{"tag":"a","port":1},{"port":2}]}',
  '{"inbounds":[{"tag":"a","listen":"x"}]}',
  '{"inbounds":[{"port":3}]}',
];
const outboundFiles = ['{"outbounds":[{"tag":"a"},{"tag":"b"}]}', '{"outbounds":[{"tag":"c"}]}'];
const twoOutbounds = ['{"outbounds":[{"tag":"a"},{"tag":"b"}]}', '{"outbounds":[{"tag":"c"},{"tag":"b","x":1}]}'];

const rows: readonly Row[] = [
  {
    title: "one block twice in a file is merged",
    targets: ["v2ray4", "xray", "sing-box"],
    files: policyTwice,
    merged: '{"policy":{"levels":{"0":{"a":1}},"system":{"b":2}}}',
  },
  {
    title: "of one block twice in a file the last holds, whole",
    targets: ["v2ray5"],
    files: policyTwice,
    merged: '{"policy":{"system":{"b":2}}}',
  },
  {
    title: "of one text-first block twice in a jsonv5 file the last holds, whole; services are a map",
    targets: ["v2ray5-jsonv5"],
    files: ['{"router":{"rule":[1]},"services":{"a":{"x":1},"b":{}},"router":{},"services":{"a":{"y":1}}}'],
    merged: '{"router":{},"services":{"a":{"y":1},"b":{}}}',
  },
  {
    title: "names are equal without case, and a later scalar wins, but not null",
    targets: ["v2ray4", "xray", "sing-box"],
    files: ['{"log":{"level":"x","LEVEL":"y","Level":null}}'],
    merged: '{"log":{"LEVEL":"y"}}',
  },
  {
    title: "names that differ in case are merged in the order of their bytes",
    targets: ["v2ray5"],
    files: ['{"log":{"level":"x","LEVEL":"y"}}'],
    merged: '{"log":{"level":"x"}}',
  },
  {
    title: "null takes a whole block away",
    targets: ["v2ray4", "xray"],
    files: ['{"stats":{},"stats":null}'],
    merged: '{"stats":null}',
  },
  {
    title: "a list twice in a file is merged by index and cut to the last one's length; settings are kept whole",
    targets: ["v2ray4", "xray"],
    files: [
      '{"inbounds":[{"tag":"a","settings":{"x":1}},{"tag":"b"}],"inbounds":[{"port":1,"settings":{"y":1,"y":2}}]}',
    ],
    merged: '{"inbounds":[{"tag":"a","settings":{"y":2},"port":1}]}',
  },
  {
    title: "the levels of policy are a map: of one level twice the last holds, whole",
    targets: ["v2ray4", "xray"],
    files: ['{"policy":{"levels":{"0":{"a":1},"0":{"b":1}},"levels":{"1":{}}}}'],
    merged: '{"policy":{"levels":{"0":{"b":1},"1":{}}}}',
  },
  {
    title: "inside of an inbound the last of two equal names holds, whole",
    targets: ["sing-box"],
    files: ['{"inbounds":[{"tls":{"a":1},"tls":{"b":1},"TLS":{"c":1}}],"log":{"a":1},"log":{"b":1}}'],
    merged: '{"inbounds":[{"tls":{"b":1,"c":1}}],"log":{"a":1,"b":1}}',
  },
  {
    title: "a later file's block replaces the earlier one",
    targets: ["v2ray4", "xray"],
    files: policyFiles,
    merged: '{"policy":{"system":{"b":2}}}',
  },
  {
    title: "a later file's block is merged into the earlier one",
    targets: ["v2ray5", "sing-box"],
    files: policyFiles,
    merged: '{"policy":{"levels":{"0":{"a":1}},"system":{"b":2}}}',
  },
  {
    title: "a later block takes the place of null",
    targets: ["v2ray4", "v2ray5", "xray"],
    files: ['{"stats":null}', '{"stats":{}}'],
    merged: '{"stats":{}}',
  },
  {
    title: "a list twice at the top: the last holds, whole",
    targets: ["sing-box"],
    files: ['{"inbounds":[{"type":"a","tag":"b","x":1}],"inbounds":[{"type":"c","tag":"d"}]}'],
    merged: '{"inbounds":[{"type":"c","tag":"d"}]}',
  },
  {
    title: "null in a later file is no block",
    targets: ["v2ray4", "v2ray5", "xray"],
    files: ['{"stats":{}}', '{"stats":null}'],
    merged: '{"stats":{}}',
  },
  {
    title: "an inbound takes the place of the one with its tag, or of the first without one",
    targets: ["v2ray4", "xray"],
    files: taggedInbounds,
    merged: '{"inbounds":[{"tag":"a","listen":"x"},{"port":3}]}',
  },
  {
    title: "inbounds of one tag are merged, others appended",
    targets: ["v2ray5"],
    files: taggedInbounds,
    merged: '{"inbounds":[{"tag":"a","port":1,"listen":"x"},{"port":2},{"port":3}]}',
  },
  {
    title: "inbounds are appended",
    targets: ["sing-box"],
    files: taggedInbounds,
    merged: '{"inbounds":[{"tag":"a","port":1},{"port":2},{"tag":"a","listen":"x"},{"port":3}]}',
  },
  {
    title: "two inbounds in a later file replace the list",
    targets: ["v2ray4"],
    files: ['{"inbounds":[{"tag":"a"}]}', '{"inbounds":[{"tag":"b"},{"tag":"c"}]}'],
    merged: '{"inbounds":[{"tag":"b"},{"tag":"c"}]}',
  },
  {
    title: "a new outbound becomes the first",
    targets: ["v2ray4", "xray"],
    files: outboundFiles,
    merged: '{"outbounds":[{"tag":"c"},{"tag":"a"},{"tag":"b"}]}',
  },
  {
    title: "a new outbound becomes the last where the file's path says so",
    targets: ["v2ray4", "xray"],
    files: [outboundFiles[0] as string, ["conf/9-Tail.json", outboundFiles[1] as string]],
    merged: '{"outbounds":[{"tag":"a"},{"tag":"b"},{"tag":"c"}]}',
  },
  {
    title: "two outbounds in a later file replace the list",
    targets: ["v2ray4"],
    files: twoOutbounds,
    merged: '{"outbounds":[{"tag":"c"},{"tag":"b","x":1}]}',
  },
  {
    title: "of two outbounds in a later file each finds its place",
    targets: ["xray"],
    files: twoOutbounds,
    merged: '{"outbounds":[{"tag":"c"},{"tag":"a"},{"tag":"b","x":1}]}',
  },
  {
    title: "an empty list in a later file changes nothing",
    targets: ["v2ray4", "v2ray5", "xray", "sing-box"],
    files: ['{"inbounds":[{"tag":"a"}]}', '{"inbounds":[]}'],
    merged: '{"inbounds":[{"tag":"a"}]}',
  },
  {
    title: "what the core ignores in a later file stays visible",
    targets: ["v2ray4", "xray"],
    files: ["{}", '{"typo":{},"INBOUNDS":[{"port":1}]}'],
    merged: '{"typo":{},"INBOUNDS":[{"port":1}]}',
  },
  {
    title: "items of one tag are merged in a single file, at any depth, and helpers taken out",
    targets: ["v2ray5"],
    files: [
      '{"a":[{"tag":"x","l":[{"_tag":"y","n":[1]},{"_tag":"y","n":[2]}]},{"tag":"x","_priority":9,"l":null}],"_tag":"z"}',
    ],
    merged: '{"a":[{"tag":"x","l":[{"n":[1,2]}]}]}',
  },
  {
    title: "servers of dns keep their tags, lists are sorted by priority",
    targets: ["v2ray5"],
    files: ['{"dns":{"servers":[{"tag":"a"},{"tag":"a","_priority":-1,"x":1},{"_tag":"b"},{"_tag":"b","tag":"c"}]}}'],
    merged: '{"dns":{"servers":[{"tag":"a","x":1},{"tag":"a"},{"tag":"c"}]}}',
  },
  {
    title: "paths are sorted, and the first holds",
    targets: ["sing-box"],
    files: [
      ["2.json", '{"log":{"level":"two","x":2},"outbounds":[2]}'],
      ["10.json", '{"log":{"level":"ten"},"outbounds":[10]}'],
    ],
    merged: '{"log":{"level":"ten","x":2},"outbounds":[10,2]}',
  },
  {
    title: "a list takes in a single value",
    targets: ["sing-box"],
    files: ['{"a":[1],"b":1}', '{"a":2,"b":[2]}'],
    merged: '{"a":[1,2],"b":1}',
  },
];

for (const { title, targets, files, merged } of rows) {
  for (const target of targets) {
    test(`${target}: ${title}`, () => {
      assert.equal(print(mergeDocuments(target, documentsOf(files))), merged);
    });
  }
}

test("a single file in which nothing is twice is returned as it is", () => {
  const text = `{"inbounds":[{"tag":"a","settings":{"clients":[{"id":"x","email":"y"},{"id":"z"}]}}],"policy":{"levels":{}}}`;
  for (const target of configTargets) {
    const [document] = documentsOf([text]) as [ConfigDocument];
    assert.equal(mergeDocuments(target, [document]), document.root);
  }
});

test("equal names are found in an object of many members", () => {
  const members = Array.from({ length: 40 }, (_, index) => `"k${index}":${index}`);
  const root = mergeDocuments("xray", documentsOf([`{${members.join()},"K7":"last"}`]));
  assert.equal(root.children.length, 40);
  assert.equal(memberAt(root, "k7")?.value, "last");
});

test("nodes keep their files and places, and what is merged has those of its first source", () => {
  const [first, second] = documentsOf(['{"log":{"a":1}}', '{"log":{"b":22}}']) as [ConfigDocument, ConfigDocument];
  const log = memberAt(mergeDocuments("v2ray5", [first, second]), "log") as ConfigNode;
  assert.deepEqual([log.file, log.start, log.end], [first.file, 7, 14]);
  const added = memberAt(log, "b") as ConfigNode;
  assert.deepEqual([added.file, added.file.text.slice(added.start, added.end)], [second.file, "22"]);
  assert.equal(memberAt(first.root, "log")?.children.length, 1);
});

test("a thousand levels are no matter", () => {
  const deep = `${'{"a":['.repeat(490)}{"tag":"x"},{"tag":"x","y":1}${"]}".repeat(490)}`;
  for (const target of ["v2ray4", "v2ray5", "xray", "sing-box"] as const) {
    const once = mergeDocuments(target, documentsOf([deep]));
    const twice = mergeDocuments(target, documentsOf([deep, `{"a":[],"a":[]}`]));
    assert.equal(once.kind, "object");
    assert.equal(twice.kind, "object");
  }
});

const refused: readonly (readonly [ConfigTarget, Files, string, number])[] = [
  [
    "v2ray5",
    ['{"log":{}}', '{"log":[]}'],
    '"log" is a list here and an object in 0.json: V2Ray 5 cannot merge them',
    7,
  ],
  [
    "sing-box",
    ['{"log":{}}', '{"log":1}'],
    '"log" is a number here and an object in 0.json: sing-box cannot merge them',
    7,
  ],
  ["xray", ["{}", " []"], "a configuration is an object", 1],
  ["v2ray5-jsonv5", ["{}", "{}"], "V2Ray 5 reads a jsonv5 configuration from a single file only", 0],
];

for (const [target, files, message, offset] of refused) {
  test(`${target} refuses: ${message}`, () => {
    assert.throws(
      () => mergeDocuments(target, documentsOf(files)),
      (problem) => {
        assert.ok(problem instanceof SyntaxProblem);
        assert.deepEqual([problem.message, problem.file.name, problem.offset], [message, "1.json", offset]);
        return true;
      },
    );
  });
}

test("V2Ray 5 refuses two items of one tag whose members do not fit, in a single file too", () => {
  const files = ['{"inbounds":[{"tag":"a","port":1},{"tag":"a","port":"2"}]}'];
  assert.throws(() => mergeDocuments("v2ray5", documentsOf(files)), /"port" is a string here and a number/);
});

test("no file at all is the caller's mistake", () => {
  assert.throws(() => mergeDocuments("xray", []), RangeError);
});

test("names are ordered by the bytes of their UTF-8, as Go does", () => {
  const names = ["2.json", "10.json", "\u{1F600}.json", "\uFF5E.json", "a.json", "B.json"];
  assert.deepEqual(names.toSorted(compareText), [
    "10.json",
    "2.json",
    "B.json",
    "a.json",
    "\uFF5E.json",
    "\u{1F600}.json",
  ]);
});
