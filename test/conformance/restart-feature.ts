import assert from "node:assert/strict";
import { diffSnapshots } from "../../src/index.ts";
import { type Feature, inbounds, valued } from "./feature.ts";
import { filledCounters, isOfApi } from "./subjects.ts";

/** The core is killed and starts anew on its port; it is another process after. */
export const restartFeature: Feature = {
  feature: "a restart on the same port: new totals in full, and a gap",
  async ask(subject) {
    const { client } = subject;
    await subject.fill();
    // An old process has worked more than a new one.
    for (let call = 0; call < 300; call++) await client.query();
    const before = await client.snapshot();
    await subject.restart();
    await subject.fill();
    const after = await client.snapshot();
    const { state, gaps, counters } = diffSnapshots(before, after);
    const moved = counters().filter(({ name }) => !isOfApi(name));
    for (const { name, bytes, value } of moved) assert.equal(bytes, value, name);
    return {
      state,
      moved: valued(moved.filter(({ name }) => !inbounds.includes(name))),
      gaps: gaps.map(({ cause, bound, from }) => {
        return { cause, bound, from: from?.getTime() === before.takenAt.getTime() ? "the earlier reading" : from };
      }),
    };
  },
  want(kind) {
    // On Xray the bytes of connections that were not booked yet are lost, too.
    const from = kind === "xray" ? undefined : "the earlier reading";
    const gap = { cause: "core-restart", bound: "unknown", from };
    return { state: "restarted", moved: valued(filledCounters()), gaps: [gap] };
  },
};
