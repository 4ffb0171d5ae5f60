import type { PollResult } from "./clients/measure.ts";
import { type Contender, runClient } from "./clients.ts";
import type { Server } from "./server.ts";
import { figure, median, printTable } from "./table.ts";

/** A client's full reads: medians. */
export interface PollFigures {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly firstWallMs: number;
  readonly firstCpuMs: number;
  readonly rssMb: number;
}

/** How much is measured. */
export interface Amount {
  /** Processes of each client. */
  readonly rounds: number;
  /** Measured polls in each. */
  readonly polls: number;
}

const warmUps = 3;

/** Measures full reads: the clients take turns, each time as a new process. */
export async function measurePolls(
  contenders: readonly Contender[],
  server: Server,
  { rounds, polls }: Amount,
): Promise<Map<string, PollFigures>> {
  const results = new Map<string, PollResult[]>(contenders.map(({ id }) => [id, []]));
  for (let round = 0; round < rounds; round++) {
    console.error(`${server.counters} counters, round ${round + 1} of ${rounds}`);
    for (const { id, command } of contenders) {
      const { result } = await runClient<PollResult>(command, ["poll", server.address, warmUps + polls]);
      check(id, result, server);
      results.get(id)?.push(result);
    }
  }
  return new Map(Array.from(results, ([id, runs]) => [id, summary(runs)]));
}

function summary(runs: readonly PollResult[]): PollFigures {
  const over = (pick: (run: PollResult) => number): number => median(runs.map(pick));
  return {
    wallMs: over((run) => median(run.wallMs.slice(warmUps))),
    cpuMs: over((run) => median(run.cpuMs.slice(warmUps))),
    firstWallMs: over((run) => run.wallMs[0] ?? Number.NaN),
    firstCpuMs: over((run) => run.cpuMs[0] ?? Number.NaN),
    rssMb: over((run) => run.rssMb),
  };
}

/** A client that reads less than the others would win. */
function check(id: string, { counters, changed }: PollResult, server: Server): void {
  // The inbounds' own counters may or may not be among those read.
  if (counters !== undefined && Math.abs(counters - server.counters) > 4) {
    throw new Error(`${id} read ${counters} counters of ${server.counters}`);
  }
  // Drawn with repetition, so a few less; and a core's API counts its own traffic.
  if (changed !== undefined && (changed < server.changing * 0.9 || changed > server.changing + 4)) {
    throw new Error(`${id} saw ${changed} changes of about ${server.changing}`);
  }
}

/** Prints the full reads of one size; "×" columns compare with the first client, this SDK. */
export function printPolls(title: string, contenders: readonly Contender[], figures: Map<string, PollFigures>): void {
  const sdk = figures.get(contenders[0]?.id ?? "");
  const rows = contenders.map((contender) => {
    const its = figures.get(contender.id);
    const withRatio = (key: keyof PollFigures): string[] => {
      const value = its?.[key] ?? Number.NaN;
      return [figure(value), `${figure(value / (sdk?.[key] ?? Number.NaN))}×`];
    };
    const first = [figure(its?.firstWallMs ?? Number.NaN), figure(its?.firstCpuMs ?? Number.NaN)];
    return [
      `${contender.title}: ${contender.reads}`,
      ...withRatio("wallMs"),
      ...withRatio("cpuMs"),
      ...first,
      ...withRatio("rssMb"),
    ];
  });
  printTable(title, ["", "wall ms", "", "CPU ms", "", "first wall", "first CPU", "peak MB", ""], rows);
}
