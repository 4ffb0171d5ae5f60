import type { OnlineName, Scope, TrafficName } from "../../names/stat-name.ts";
import type { CounterVerdict } from "./explanation.ts";
import type { Step } from "./step.ts";

/** Somebody or something that a configuration names, and that a counter may be of. */
export interface DeclaredSubject {
  readonly scope: Scope;
  readonly subject: string;
}

/** Whether a counter will exist, and what that hangs on. */
export interface Reasons {
  readonly verdict: CounterVerdict;
  readonly steps: readonly Step[];
}

/** What a configuration says about counters, in the terms of its family of cores. */
export interface CounterFamily {
  reasonsOf(name: TrafficName | OnlineName): Reasons;
  /** All that is named in it, counted or not: inbounds, outbounds, users; each once. */
  declared(): DeclaredSubject[];
}
