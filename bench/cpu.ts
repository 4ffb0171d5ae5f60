import { readdirSync, readFileSync } from "node:fs";

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  /** Of itself and of children that have ended, in ms. */
  readonly cpuMs: number;
}

/**
 * Milliseconds of processor time that some of this process' descendants took so far, and what these started. What one of
 * them took that has ended is not in it.
 */
export function cpuMsOf(isMeant: (name: string, pid: number) => boolean): number {
  const all = processes();
  const children = Map.groupBy(all, ({ parent }) => parent);
  const sum = ({ pid, cpuMs }: Process): number =>
    (children.get(pid) ?? []).reduce((total, child) => total + sum(child), cpuMs);
  const find = (pid: number): number =>
    (children.get(pid) ?? []).reduce(
      (total, child) => total + (isMeant(child.name, child.pid) ? sum(child) : find(child.pid)),
      0,
    );
  return find(process.pid);
}

function processes(): Process[] {
  return readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      return parse(readFileSync(`/proc/${entry}/stat`, "latin1"));
    } catch {
      return []; // it has ended meanwhile
    }
  });
}

/** Times are in hundredths of a second, whatever the kernel's own tick. */
function parse(stat: string): Process {
  const [, pid, name, rest = ""] = /^(\d+) \((.*)\) (.*)$/s.exec(stat) ?? [];
  const fields = rest.split(" ");
  const ticks = fields.slice(11, 15).reduce((total, field) => total + Number(field), 0);
  return { pid: Number(pid), parent: Number(fields[1]), name: name ?? "", cpuMs: ticks * 10 };
}
