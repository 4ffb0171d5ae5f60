import assert from "node:assert/strict";
import { createServer } from "node:net";
import { describe, test } from "node:test";
import { StatsClient } from "../../src/client/stats-client.ts";
import { type DiagnoseOptions, diagnose, diagnoseWith } from "../../src/doctor/diagnose.ts";
import type { CheckId, Diagnosis, DoctorCheck } from "../../src/doctor/diagnosis.ts";
import type { WithClient } from "../../src/doctor/observe.ts";
import { type EmbeddedCore, startEmbeddedCore } from "../../src/testing/embedded-core.ts";
import { freePorts } from "../support/free-ports.ts";
import { openServer, passTo } from "../support/raw-servers.ts";
import { until } from "../support/until.ts";
import { xrayConfig } from "./doctor-texts.ts";

const watchMs = 50;

/** `diagnose`, with something that happens before one of its connections. */
function diagnoseWhile(
  address: string,
  onConnect: (count: number) => void,
  options: { readonly watchMs: number; readonly signal?: AbortSignal } = { watchMs },
): Promise<Diagnosis> {
  let count = 0;
  const withClient: WithClient = async (work) => {
    onConnect(++count);
    await using core = new StatsClient(address, { retries: 0 });
    return await work(core);
  };
  return diagnoseWith(withClient, { ...options, configFor: () => undefined });
}

function find({ checks }: Diagnosis, id: CheckId): DoctorCheck {
  const found = checks.find((check) => check.id === id);
  assert.ok(found, `there is no check ${id}, only ${checks.map((check) => check.id).join(", ")}`);
  return found;
}

function statuses({ checks }: Diagnosis): Record<string, string> {
  return Object.fromEntries(checks.map(({ id, status }) => [id, status]));
}

/** All that the configuration of `doctor-texts.ts` counts. */
function countAll(core: EmbeddedCore): void {
  for (const subject of ["inbound>>>in", "outbound>>>direct", "user>>>alice", "user>>>bob"])
    for (const direction of ["uplink", "downlink"]) core.add(`${subject}>>>traffic>>>${direction}`, 5n);
}

describe("a core alone", () => {
  test("that is well", async () => {
    await using core = await startEmbeddedCore({ dialect: "xray" });
    countAll(core);
    const diagnosis = await diagnose(core.address, { watchMs });
    assert.deepEqual(statuses(diagnosis), {
      reachable: "ok",
      service: "ok",
      core: "ok",
      stats: "ok",
      "one-process": "ok",
      restarts: "ok",
      "foreign-resets": "ok",
      clock: "ok",
    });
    assert.deepEqual(
      [diagnosis.address, diagnosis.kind, diagnosis.reachable, diagnosis.status],
      [core.address, "xray", true, "ok"],
    );
    assert.equal(find(diagnosis, "core").message, "Xray 26.1.13 or newer answers");
    assert.deepEqual(JSON.parse(JSON.stringify(diagnosis)).checks.length, 8);
  });

  test("of each dialect", async () => {
    for (const dialect of ["v2ray4", "v2ray5", "sing-box"] as const) {
      await using core = await startEmbeddedCore({ dialect });
      const diagnosis = await diagnose(core.address, { watchMs });
      assert.deepEqual([diagnosis.kind, diagnosis.status], [dialect, "ok"]);
    }
  });

  test("where nothing listens", async () => {
    const { port } = await freePorts("port");
    const diagnosis = await diagnose(`127.0.0.1:${port}`, { watchMs });
    assert.deepEqual([diagnosis.reachable, diagnosis.kind, diagnosis.status], [false, undefined, "error"]);
    assert.deepEqual(statuses(diagnosis), { reachable: "error" });
    assert.equal(find(diagnosis, "reachable").details.code, "unreachable");
  });

  test("without StatsService, and without stats", async () => {
    await using core = await startEmbeddedCore({ dialect: "v2ray5" });
    core.fault({ noService: true });
    const none = await diagnose(core.address, { watchMs });
    assert.deepEqual(statuses(none), { reachable: "ok", service: "error" });
    assert.equal(none.reachable, true);
    core.clearFaults();
    core.fault({ noStats: true });
    const disabled = await diagnose(core.address, { watchMs });
    assert.deepEqual(statuses(disabled), { reachable: "ok", service: "ok", core: "ok", stats: "error" });
  });

  test("that somebody else resets", async () => {
    await using core = await startEmbeddedCore({ dialect: "v2ray5" });
    countAll(core);
    const diagnosis = await diagnoseWhile(core.address, (count) => {
      if (count === 6) core.foreignReset();
    });
    assert.deepEqual([find(diagnosis, "foreign-resets").status, diagnosis.status], ["warning", "warning"]);
    assert.equal(find(diagnosis, "one-process").status, "ok");
    assert.equal(find(diagnosis, "foreign-resets").details.seen, 1);
  });

  test("that restarts", async () => {
    await using core = await startEmbeddedCore({ dialect: "xray" });
    countAll(core);
    core.advanceClock(100);
    const diagnosis = await diagnoseWhile(core.address, (count) => {
      if (count === 6) core.restart();
    });
    assert.equal(find(diagnosis, "restarts").message, "it restarted once while it was watched");
    assert.equal(find(diagnosis, "one-process").status, "ok");
    assert.equal(find(diagnosis, "foreign-resets").status, "ok");
    assert.equal(find(diagnosis, "clock").status, "unknown");
  });

  test("whose clock goes on too fast", async () => {
    await using core = await startEmbeddedCore({ dialect: "xray" });
    core.advanceClock(100);
    const diagnosis = await diagnoseWhile(core.address, () => core.advanceClock(0.9));
    assert.deepEqual([find(diagnosis, "one-process").status, find(diagnosis, "clock").status], ["ok", "warning"]);
  });

  test("that answers only now and then", async () => {
    await using core = await startEmbeddedCore({ dialect: "xray" });
    const diagnosis = await diagnoseWhile(core.address, (count) => {
      if (count === 4) core.fault({ noAnswer: true, times: 2 });
    });
    assert.equal(find(diagnosis, "one-process").status, "warning");
    assert.deepEqual(find(diagnosis, "one-process").details.failures, ["no-answer"]);
  });
});

describe("two processes on one port", () => {
  /** Each connection in turn. */
  async function share(...cores: readonly EmbeddedCore[]) {
    let next = 0;
    return openServer(createServer((socket) => passTo((cores[next++ % cores.length] as EmbeddedCore).address)(socket)));
  }

  const ages = [
    [100, 5],
    [5, 100],
    [50, 50],
    [0, 0],
  ] as const;
  for (const [one, other] of ages) {
    test(`up ${one} s and ${other} s`, async () => {
      await using first = await startEmbeddedCore({ dialect: "v2ray4" });
      await using second = await startEmbeddedCore({ dialect: "v2ray4" });
      first.advanceClock(one);
      second.advanceClock(other);
      countAll(first);
      second.add("inbound>>>in>>>traffic>>>uplink", 1n);
      await using server = await share(first, second);
      const diagnosis = await diagnose(server.address, { watchMs });
      assert.deepEqual([find(diagnosis, "one-process").status, diagnosis.status], ["error", "error"]);
      assert.match(find(diagnosis, "one-process").message, /in turn at 127\.0\.0\.1:/);
      for (const id of ["restarts", "foreign-resets", "clock"] as const)
        assert.equal(find(diagnosis, id).status, "unknown", id);
    });
  }

  test("of two kinds", async () => {
    await using first = await startEmbeddedCore({ dialect: "v2ray5" });
    await using second = await startEmbeddedCore({ dialect: "xray" });
    await using server = await share(first, second);
    const { details } = find(await diagnose(server.address, { watchMs }), "one-process");
    assert.match(String(details.processes), /V2Ray 5 up/);
    assert.match(String(details.processes), /Xray up/);
  });
});

describe("a core and its configuration", () => {
  const options: DiagnoseOptions = { config: xrayConfig(), watchMs };

  test("that belong together", async () => {
    await using core = await startEmbeddedCore({ dialect: "xray" });
    countAll(core);
    core.remove("user>>>bob>>>traffic>>>uplink");
    core.remove("user>>>bob>>>traffic>>>downlink");
    const diagnosis = await diagnose(core.address, options);
    assert.equal(find(diagnosis, "inbounds").message, "inbounds: 1 counted");
    assert.equal(
      find(diagnosis, "users").message,
      "users: 1 counted, 1 not connected yet (bob), 1 that will never be counted (carol)",
    );
    assert.equal(find(diagnosis, "users").status, "warning");
    assert.match(find(diagnosis, "users").advice ?? "", /^level 1 has no entry in policy\.levels \(carol\)\. /);
    assert.deepEqual(find(diagnosis, "users").details, {
      counted: 1,
      waiting: ["bob"],
      missing: [],
      never: ["carol"],
      reasons: ["carol: level 1 has no entry in policy.levels"],
    });
    assert.equal(find(diagnosis, "undeclared").status, "ok");
    assert.equal(find(diagnosis, "exposure").message, "the API listens at 127.0.0.1:10085");
  });

  test("of which the core runs another", async () => {
    await using core = await startEmbeddedCore({ dialect: "xray" });
    countAll(core);
    core.remove("inbound>>>in>>>traffic>>>uplink");
    core.remove("inbound>>>in>>>traffic>>>downlink");
    core.add("inbound>>>old\u001b>>>traffic>>>uplink", 1n);
    core.add("something else", 1n);
    const diagnosis = await diagnose(core.address, options);
    assert.equal(find(diagnosis, "inbounds").status, "error");
    assert.match(find(diagnosis, "inbounds").message, /1 without the counters there should be \(in\)$/);
    const undeclared = find(diagnosis, "undeclared");
    assert.deepEqual(
      [undeclared.status, undeclared.details],
      ["warning", { count: 2, names: ["inbound old\u001b", "something else"] }],
    );
  });

  test("for another core", async () => {
    await using core = await startEmbeddedCore({ dialect: "v2ray5" });
    const named = await diagnose(core.address, { ...options, core: "sing-box" });
    assert.equal(find(named, "core").message, "V2Ray 5 answers, and the configuration is read as one of sing-box");
    assert.equal(find(named, "core").status, "error");
    const looks = await diagnose(core.address, options);
    assert.equal(find(looks, "core").status, "warning");
    assert.match(find(looks, "core").message, /looks like one of Xray: it has "api\.listen"$/);
  });

  test("for an older version", async () => {
    await using core = await startEmbeddedCore({ dialect: "xray" });
    const { status, message } = find(await diagnose(core.address, { ...options, version: "25.1.1" }), "core");
    assert.deepEqual(
      [status, message],
      ["warning", "Xray 26.1.13 or newer answers, and the configuration is read as one of 25.1.1"],
    );
  });

  test("without a way to the API", async () => {
    await using core = await startEmbeddedCore({ dialect: "xray" });
    core.fault({ noAnswer: true });
    const config = xrayConfig({ api: { tag: "api", services: ["StatsService"] } });
    const diagnosis = await diagnose(core.address, { config, watchMs, core: "xray" });
    assert.equal(diagnosis.reachable, false);
    const { details, advice, message } = find(diagnosis, "reachable");
    assert.equal(details.code, "no-answer");
    assert.match(message, /: no inbound and no rule lead to the API$/);
    assert.ok(advice);
    assert.equal(find(diagnosis, "config").status, "error");
  });

  test("asked at another port", async () => {
    const { port } = await freePorts("port");
    const diagnosis = await diagnose(`127.0.0.1:${port}`, options);
    assert.match(find(diagnosis, "reachable").message, /: the configuration has its API at 127\.0\.0\.1:10085$/);
  });

  test("whose API is open to everybody", async () => {
    await using core = await startEmbeddedCore({ dialect: "xray" });
    const config = xrayConfig({ api: { tag: "api", listen: "0.0.0.0:10085", services: ["StatsService"] } });
    const { status, advice } = find(await diagnose(core.address, { config, watchMs }), "exposure");
    assert.equal(status, "error");
    assert.ok(advice);
  });

  test("without stats, in the file or in the core alone", async () => {
    await using core = await startEmbeddedCore({ dialect: "xray" });
    core.fault({ noStats: true });
    const both = await diagnose(core.address, { config: xrayConfig({ stats: undefined }), watchMs });
    assert.match(find(both, "stats").message, /^it keeps no statistics: /);
    const alone = await diagnose(core.address, options);
    assert.equal(find(alone, "stats").message, "it keeps no statistics, though the configuration has them");
  });

  test("that cannot be read", async () => {
    await using core = await startEmbeddedCore({ dialect: "xray" });
    const diagnosis = await diagnose(core.address, { config: '{ "a": ', watchMs });
    assert.equal(find(diagnosis, "config").status, "error");
    assert.equal(find(diagnosis, "one-process").status, "ok");
  });
});

describe("what is asked wrongly", () => {
  test("arguments that are none", async () => {
    await assert.rejects(diagnose(5 as never), TypeError);
    await assert.rejects(diagnose("nowhere"), TypeError);
    for (const wrong of [0, -1, Number.NaN, 2 ** 31, "3s" as never])
      await assert.rejects(diagnose("127.0.0.1:1", { watchMs: wrong }), RangeError);
    await using core = await startEmbeddedCore({ dialect: "xray" });
    await assert.rejects(diagnose(core.address, { config: "{}", version: "x", watchMs }), RangeError);
    await assert.rejects(diagnose(core.address, { config: 5 as never, watchMs }), TypeError);
  });

  test("a signal stops it, with its reason", async () => {
    await using core = await startEmbeddedCore({ dialect: "xray" });
    const stop = new AbortController();
    const reason = new Error("enough");
    const stopAtFourth = (count: number): void => {
      if (count === 4) stop.abort(reason);
    };
    const diagnosis = diagnoseWhile(core.address, stopAtFourth, { watchMs: 2000, signal: stop.signal });
    await assert.rejects(diagnosis, (error) => error === reason);
  });

  test("no connection stays open", async () => {
    await using core = await startEmbeddedCore({ dialect: "xray" });
    await using server = await openServer(createServer(passTo(core.address)));
    await diagnose(server.address, { watchMs });
    assert.ok(server.accepted > 10);
    await until(() => server.open === 0);
  });
});
