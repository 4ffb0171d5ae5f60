import { spawn } from "node:child_process";
import { firstLine } from "./first-line.ts";
import { goProgram, nodeClient, root } from "./prepare.ts";

/** A client that takes part. */
export interface Contender {
  readonly id: string;
  readonly title: string;
  /** What a full read gives. */
  readonly reads: string;
  /** Its program and the words before a measurement's own. */
  readonly command: readonly string[];
  /** What it is asked beside full reads. */
  readonly asked: readonly ("get" | "first")[];
}

/**
 * All clients, this SDK first: the others are compared with it.
 *
 * @param kinds - Whether there is Go, and whether the core is an Xray, the only one that xtls-sdk reads.
 */
export function contenders({ go, xray }: { readonly go: boolean; readonly xray: boolean }): Contender[] {
  const node = (id: string, title: string, reads: string, asked: Contender["asked"]): Contender => {
    return { id, title, reads, command: nodeClient(id), asked };
  };
  const goClient: Contender = {
    id: "go",
    title: "Go, grpc-go",
    reads: "slice of messages",
    command: goProgram("client"),
    asked: ["first"],
  };
  return [
    node("sdk", "this SDK", "snapshot + diff", ["get", "first"]),
    node("sdk-objects", "this SDK", "all as fresh objects", []),
    node("http2-floor", "node:http2 (floor)", "body dropped", ["get", "first"]),
    ...(go ? [goClient] : []),
    node("connect", "plain connect-node", "bigints in objects", ["get", "first"]),
    node("grpc-js", "grpc-js + proto-loader", "strings in objects", ["get", "first"]),
    ...(xray ? [node("xtls-sdk", "xtls-sdk", "numbers by user", [])] : []),
  ];
}

/** What a client printed, and how long after its start. */
export interface Run<Result> {
  readonly result: Result;
  readonly wallMs: number;
}

/** Runs one measurement in a process of its own. */
export async function runClient<Result>(
  command: readonly string[],
  words: readonly (string | number)[],
): Promise<Run<Result>> {
  const [program = "", ...first] = command;
  const start = performance.now();
  const child = spawn(program, [...first, ...words.map(String)], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  process.once("exit", kill);
  try {
    const line = await firstLine(child);
    return { result: JSON.parse(line), wallMs: performance.now() - start };
  } finally {
    kill();
    process.off("exit", kill);
  }
}
