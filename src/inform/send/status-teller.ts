import type { PushResult } from "./push-loop.ts";
import type { SenderClock } from "./sender-clock.ts";
import type { InformSenderEvent, SenderStatus } from "./sender-event.ts";

/** Tells states when they change. */
export class StatusTeller {
  status: SenderStatus = "starting";
  error: Error | undefined;
  readonly #clock: SenderClock;
  readonly #tell: (event: InformSenderEvent) => void;

  constructor(clock: SenderClock, tell: (event: InformSenderEvent) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  set(kind: Exclude<SenderStatus, "starting">, error?: Error | undefined): void {
    const changed = kind !== this.status;
    this.status = kind;
    this.error = error;
    if (changed) this.#tell({ kind, at: this.#clock.now(), error });
  }

  /** Takes the state from a push. */
  after(result: PushResult): PushResult {
    this.set(result.kind, result.kind === "current" ? undefined : result.error);
    return result;
  }
}
