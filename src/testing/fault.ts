import { longestTimerMs } from "../internal/timer-ms.ts";
import type { StatsMethod } from "./stats-service.ts";

/**
 * What goes wrong with a call. All but `method`, `times` and `latencyMs` exclude each other; a latency alone is a fault
 * too.
 */
export interface Fault {
  /** Only calls of this method; all calls when left out. */
  readonly method?: StatsMethod | undefined;
  /** How many calls it hits; all until `clearFaults()` when left out. */
  readonly times?: number | undefined;
  /** Milliseconds between acting on the request and answering it: a reset has long taken effect when the answer goes out. */
  readonly latencyMs?: number | undefined;
  /** The request is neither acted on nor answered, as by a stopped process (SIGSTOP), until `clearFaults()`. */
  readonly hang?: true | undefined;
  /**
   * The connection closes after this many bytes of the answer's body, its 5-byte length prefix included, without
   * trailers or GOAWAY, as when a core is killed. A large enough number sends the whole body, and still no trailers.
   */
  readonly cutAfterBytes?: number | undefined;
  /**
   * The connection closes without a byte, as with an API inbound that is wired wrongly: a new connection as soon as it
   * is accepted, one that is already in use at its next call. A new connection then counts as one of the `times`.
   */
  readonly noAnswer?: true | undefined;
  /** "unknown service", as where the configuration's `api.services` lacks StatsService. */
  readonly noService?: true | undefined;
  /** As where the configuration has no `stats`: no counter is known, QueryStats fails, GetSysStats works. */
  readonly noStats?: true | undefined;
  /** The answer's body in place of the true one, its 5-byte length prefix included; status 0 follows. */
  readonly rawAnswer?: Uint8Array | undefined;
  /** The request is not acted on; the answer is this gRPC status, 1 to 16. */
  readonly status?:
    | {
        /** A gRPC status code. */
        readonly code: number;
        /** Any text. */
        readonly message: string;
      }
    | undefined;
}

const kinds = ["hang", "cutAfterBytes", "noAnswer", "noService", "noStats", "rawAnswer", "status"] as const;
const none: Fault = {};

/** The faults in force, in the order they were given. */
export class FaultQueue {
  readonly #faults: { readonly fault: Fault; left: number }[] = [];
  readonly #hung = new Set<() => void>();

  add(fault: Fault): void {
    checkFault(fault);
    this.#faults.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  /** Uses up one time of the oldest fault that fits the method; an empty fault when none does. */
  take(method: string): Fault {
    return this.#use(this.#faults.findIndex(({ fault }) => fault.method === undefined || fault.method === method));
  }

  /** Tells whether a new connection meets a core that never answers, and uses up one time of that fault. */
  takeNoAnswer(): Fault | undefined {
    const next = this.#faults[0]?.fault;
    return next?.noAnswer && next.method === undefined ? this.#use(0) : undefined;
  }

  /** Ends all faults; calls that hang go on. */
  clear(): void {
    this.#faults.length = 0;
    for (const goOn of this.#hung) goOn();
    this.#hung.clear();
  }

  /** Resolves when the faults are cleared. */
  hang(): Promise<void> {
    return new Promise((resolve) => {
      this.#hung.add(resolve);
    });
  }

  /** Gives up the calls that hang: their process is gone. */
  forgetHung(): void {
    this.#hung.clear();
  }

  #use(index: number): Fault {
    const entry = this.#faults[index];
    if (entry === undefined) return none;
    entry.left -= 1;
    if (entry.left <= 0) this.#faults.splice(index, 1);
    return entry.fault;
  }
}

function checkFault(fault: Fault): void {
  const given = kinds.filter((kind) => fault[kind] !== undefined);
  if (given.length > 1) throw new TypeError(`a fault is one thing, not ${given.join(" and ")}`);
  if (given.length === 0 && fault.latencyMs === undefined) {
    throw new TypeError(`a fault needs latencyMs or one of ${kinds.join(", ")}`);
  }
  checkNumber("times", fault.times, 1, Number.MAX_SAFE_INTEGER);
  checkNumber("latencyMs", fault.latencyMs, 0, longestTimerMs);
  checkNumber("cutAfterBytes", fault.cutAfterBytes, 0, Number.MAX_SAFE_INTEGER);
  checkNumber("status.code", fault.status?.code, 1, 16);
}

function checkNumber(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined) return;
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${name} must be a whole number from ${least} to ${most}, not ${value}`);
  }
}
