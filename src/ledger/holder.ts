import { readFileSync, readlinkSync } from "node:fs";
import { currentReader } from "../internal/reading-clock.ts";

/** Who holds a claim: enough for another process to see that this one is dead. */
export interface Holder {
  /** Milliseconds between its signs of life. */
  readonly intervalMs: number;
  readonly bootId: string | undefined;
  /** Process ids are numbers of their own in each container. */
  readonly pidNamespace: string | undefined;
  readonly pid: number;
  /** Clock ticks from boot to the process' start: pids are used again. */
  readonly processStart: string | undefined;
}

/** This process. */
export function currentHolder(intervalMs: number): Holder {
  return {
    intervalMs,
    bootId: currentReader().bootId,
    pidNamespace: pidNamespace(),
    pid: process.pid,
    processStart: findProcess(process.pid)?.start,
  };
}

/** True where a holder was a process of this machine, on this boot, and is no more; false where that cannot be told. */
export function isProvablyDead(holder: Holder): boolean {
  const here = currentHolder(0);
  if (holder.bootId === undefined || here.pidNamespace === undefined || holder.processStart === undefined) return false;
  if (holder.bootId !== here.bootId || holder.pidNamespace !== here.pidNamespace) return false;
  const found = findProcess(holder.pid);
  // A machine may hide a user's processes from others; that one is there shows all the same.
  if (found === undefined) return !exists(holder.pid);
  return found.ended || found.start !== holder.processStart;
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

function pidNamespace(): string | undefined {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return undefined;
  }
}

/** Source: proc(5), fields 3 and 22 of /proc/PID/stat; the name before them may hold blanks and brackets. */
function findProcess(pid: number): { readonly start: string | undefined; readonly ended: boolean } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie has ended, only nobody has asked for its exit code yet.
    return { start: fields[19], ended: fields[0] === "Z" };
  } catch {
    return undefined;
  }
}
