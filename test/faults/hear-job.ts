import { createInterface } from "node:readline";

/** Says that this process is ready, and does the job that it hears then. */
export async function doJob<Job>(work: (job: Job) => Promise<void>): Promise<void> {
  process.stdout.write("ready\n");
  for await (const line of createInterface({ input: process.stdin })) {
    await work(JSON.parse(line));
    process.stdout.write("done\n");
  }
  process.exit();
}
