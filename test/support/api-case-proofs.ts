import { deepEqual, equal, match } from "node:assert/strict";
import type { StatsErrorCode } from "../../src/index.ts";
import type { ApiPlace, CaseRun } from "./case-run.ts";

/** Shows a rule's consequence: on the faulty text, and not on its mended twin. */
export type Proof = (faulty: CaseRun, fixed: CaseRun) => Promise<void>;

/** What the checks of the cores that read V2Ray's language end with when they refuse a text. */
const refusal = { v2ray4: 23, v2ray5: 1, "v2ray5-jsonv5": 1, xray: 23, "sing-box": 1 };

/** The core starts, and the API fails in this way; the fixed twin's answers. */
export function apiEndsWith(outcome: StatsErrorCode, place: ApiPlace = {}): Proof {
  return async (faulty, fixed) => {
    await faulty.startsWell([]);
    equal(await faulty.apiOutcome(place), outcome);
    await answers(place)(faulty, fixed);
  };
}

/** The fixed twin's API answers. */
export function answers(place: ApiPlace = {}): Proof {
  return async (_faulty, fixed) => {
    await fixed.startsWell([]);
    equal(await fixed.apiOutcome(place), "answers");
  };
}

/** The core's own check refuses the text with these words, and takes the fixed twin. */
export function isRefused(message: RegExp): Proof {
  return async (faulty, fixed) => {
    const refused = await faulty.check();
    match(refused.output, message);
    equal(refused.exitCode, refusal[faulty.target]);
    deepEqual([(await fixed.check()).exitCode, await fixed.start()], [0, "listening"]);
  };
}

/** The core's own check takes the text, and the start fails with these words; the fixed twin starts. */
export function failsAtStart(message: RegExp, exitCode: number): Proof {
  return async (faulty, fixed) => {
    equal((await faulty.check()).exitCode, 0);
    const end = await faulty.start([]);
    if (end === "listening") throw new Error("it started");
    match(end.output, message);
    equal(end.exitCode, exitCode);
    await fixed.startsWell();
  };
}
