import type { Socket } from "node:net";

/** The users of the demo; `alice` downloads more, `bob` uploads more. */
export type DemoUser = "alice" | "bob";

/** A core to show, and a way through it. */
export interface DemoCore extends AsyncDisposable {
  /** Which core it is, for people. */
  readonly label: string;
  /** Its API, as `StatsClient` takes it. */
  readonly address: string;
  /** A connection to the target that passes the core as this user. */
  connect(user: DemoUser): Promise<Socket>;
}
