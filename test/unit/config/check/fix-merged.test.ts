import assert from "node:assert/strict";
import { test } from "node:test";
import { fixStatsConfig } from "../../../../src/config/check/fix-stats-config.ts";
import { configTargets } from "../../../../src/config/target.ts";

const merged = [
  '{"inbounds":[{"tag":"a","port":1,"protocol":"vmess"},{"tag":"a","listen":"127.0.0.1"}],"outbounds":[{"protocol":"freedom","tag":"direct"}]}',
  '{"policy":{"levels":{}},"policy":{"system":{}},"stats":null,"STATS":null,"inbounds":[{"port":1}],"inbounds":[{"port":2}]}',
  '{"routing":{"rules":[]},"routing":{"rules":[{"type":"field","port":1,"outboundTag":"x"}]},"outbounds":[{"tag":"x"}]}',
];

for (const core of configTargets) {
  test(`fixStatsConfig writes readable text where ${core} merges what stands twice`, () => {
    for (const text of merged) {
      const { files, remaining } = fixStatsConfig(text, { core });
      JSON.parse(files[0]?.text ?? "");
      assert.ok(!remaining.some(({ rule }) => rule === "syntax-error"));
    }
  });
}

for (const core of ["v2ray4", "v2ray5", "xray", "sing-box"] as const) {
  test(`fixStatsConfig writes readable text in each of two files of ${core}`, () => {
    const files = [
      { name: "1.json", text: '{"inbounds":[{"tag":"a","port":1,"protocol":"vmess"}],"policy":{"levels":{}}}' },
      {
        name: "2.json",
        text: '{"inbounds":[{"tag":"b","port":2,"protocol":"vmess"}],"policy":{"system":{}},"routing":{"rules":[]}}',
      },
    ];
    for (const { text } of fixStatsConfig(files, { core }).files) JSON.parse(text);
  });
}
