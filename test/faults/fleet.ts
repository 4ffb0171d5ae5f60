import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePorts } from "../support/free-ports.ts";
import { runCli } from "../support/run-program.ts";
import { MortalProgram } from "./mortal-program.ts";
import { seededRandom } from "./world-script.ts";

/** What a fleet is made of. */
export interface FleetPlan {
  /** For ledgers and keys. */
  readonly directory: string;
  /** The hub's ledger, as `--db` takes it. */
  readonly hubDb: string;
  /** Address of each node's core. */
  readonly nodes: ReadonlyMap<string, string>;
}

/** An agent beside each core and a hub, each a process of its own that can be killed. */
export interface Fleet extends AsyncDisposable {
  /** The agents' own ledgers, by node. */
  readonly files: ReadonlyMap<string, string>;
  /** Takes a reading as a core's unit does before the core ends. */
  drain(node: string): Promise<void>;
  /**
   * Kills each program so often, while something else is done. Afterwards all are well.
   *
   * @returns How many kills that were.
   */
  killBeside(work: Promise<unknown>, killsEach: number, seed: number): Promise<number>;
  /** Ends the agents, then the hub, as a service manager does; nothing was told that never may be. */
  end(): Promise<void>;
}

// What an agent tells where somebody would have to do something.
const alarms =
  /.*(hub (refused|denied|wrong-address|aside|blocked|left-out|rewound|restored|loss)|other-core|clock|new-base|trouble).*/g;
const hubAlarms = /.*(refused: [^4]|refused: 40[13]|failed:|KEPT ASIDE|left out).*/g;

/** Starts a fleet that has seen each core for the first time. */
export async function startFleet({ directory, hubDb, nodes }: FleetPlan): Promise<Fleet> {
  await using parts = new AsyncDisposableStack();
  const keys = join(directory, "keys.json");
  const { port } = await freePorts("port");
  const cache = join(directory, "compiled");
  const files = new Map(Array.from(nodes.keys(), (node) => [node, join(directory, `${node}.db`)]));
  const placeOf = (node: string): string[] => [
    ...["--node", `${node}=${nodes.get(node)}`],
    ...["--db", files.get(node) as string],
  ];
  const keyOf = (node: string): string => join(directory, `${node}.key`);
  for (const node of nodes.keys()) {
    const { stdout } = await runCli(["inform", "keys", "add", node, "--key-file", keys]);
    await writeFile(keyOf(node), stdout, { mode: 0o600 });
  }

  const hub = parts.use(
    new MortalProgram({
      args: ["inform", "receive", "--listen", `127.0.0.1:${port}`, "--db", hubDb, "--key-file", keys],
      cache,
      milestones: [(life) => life.errorLine(/listening at/), (life) => life.errorLine(/merged/)],
      well: (life) => life.errorLine(/merged/),
    }),
  );
  const recording = /recording|unreachable|standby/;
  const agents: MortalProgram[] = [];
  for (const node of nodes.keys()) {
    const to = ["--hub", `http://127.0.0.1:${port}`, "--key-file", keyOf(node), "--interval", "200ms"];
    const agent = parts.use(
      new MortalProgram({
        args: ["inform", "send", ...placeOf(node), ...to],
        cache,
        milestones: [(life) => life.line(recording), (life) => life.line(/hub (current|unavailable)/)],
        well: (life) => Promise.all([life.line(recording), life.line(/hub current/)]),
      }),
    );
    // The first sight books nothing, so it comes before the first byte.
    await agent.beginAnew();
    agents.push(agent);
  }
  await hub.beginAnew();
  const owned = parts.move();
  return {
    files,
    async drain(node) {
      const { code, stdout, stderr } = await runCli(["drain", ...placeOf(node)]);
      assert.equal(code, 0, `${stdout}${stderr}`);
    },
    async killBeside(work, killsEach, seed) {
      const all = [hub, ...agents];
      await Promise.all([work, ...all.map((each, at) => each.die(killsEach, seededRandom(seed + at)))]);
      await Promise.all(all.map((each) => each.well()));
      return killsEach * all.length;
    },
    async end() {
      await Promise.all(agents.map((agent) => agent.end()));
      await hub.end();
      assert.deepEqual(
        agents.flatMap((agent) => agent.said().match(alarms) ?? []),
        [],
      );
      assert.deepEqual(hub.said().match(hubAlarms) ?? [], []);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
