import assert from "node:assert/strict";
import { aliceId, inbound } from "./peculiar-texts.ts";
import type { RuleCase } from "./rule-case.ts";
import { jsonv5Case, jsonv5Inbound, jsonv5User } from "./stats-and-users-other-texts.ts";

const alice = { user: { protocol: "vmess", port: 20001, id: aliceId } } as const;
const userUplink = "user>>>alice>>>traffic>>>uplink";
const inboundUplink = "inbound>>>vmess-in>>>traffic>>>uplink";

/** V2Ray 5 with `-format jsonv5`. */
export const peculiarJsonV5Cases: readonly RuleCase[] = [
  jsonv5Case({
    rule: "jsonv5-short-users",
    faulty: {
      inbounds: inbound("vmess-in", 20001, `"protocol": "vmess", "settings": { "users": ["${aliceId}"] }`),
    },
    fixed: { inbounds: jsonv5Inbound(jsonv5User(`"email": "alice"`)) },
    shows: async (faulty, fixed) => {
      for (const run of [faulty, fixed]) {
        await run.startsWell([20000, 20001]);
        await run.clientTraffic(alice);
      }
      const counters = await faulty.countersWith([inboundUplink]);
      assert.deepEqual(
        [...counters.keys()].filter((name) => name.startsWith("user>>>")),
        [],
      );
      await fixed.countersWith([inboundUplink, userUplink]);
    },
  }),
  jsonv5Case({
    notAlso: ["api-inbound-counted"],
    also: ["system-flag-missing"],
    rule: "jsonv5-policy-no-stats",
    faulty: { system: `"system": {}` },
    fixed: { system: `"system": { "stats": {} }` },
    shows: async (faulty, fixed) => {
      for (const end of [await faulty.check(), await faulty.start()]) {
        assert.ok(end !== "listening");
        assert.equal(end.exitCode, 2);
        assert.match(end.output, /^panic: runtime error: invalid memory address/m);
      }
      assert.equal((await fixed.check()).exitCode, 0);
      await fixed.startsWell();
    },
  }),
];
