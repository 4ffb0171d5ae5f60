import type { ConfigTarget } from "../../src/config/target.ts";
import type { CaseRun } from "../support/case-run.ts";

/** A configuration as text, or the files of a directory in no particular order. Ports 20000 to 20009 are placeholders. */
export type CaseText = string | readonly { readonly name: string; readonly text: string }[];

/** A configuration on which a rule fires, and its mended twin. */
export interface RuleCase {
  readonly rule: string;
  readonly target: ConfigTarget;
  /** What this case shows, where a rule has several. */
  readonly title?: string | undefined;
  /** The version to check for; default: the measured one. */
  readonly version?: string | undefined;
  readonly faulty: CaseText;
  readonly fixed: CaseText;
  /** Rules that rightly fire on both texts beside this one, in any order. */
  readonly also?: readonly string[] | undefined;
  /** Rules that rightly fire on the faulty text alone, beside this one. */
  readonly alsoFaulty?: readonly string[] | undefined;
  /** Rules that rightly fire on the fixed text alone. */
  readonly alsoFixed?: readonly string[] | undefined;
  /**
   * Shows the consequence on the real core: called with the running of the faulty text and of the fixed twin.
   * Absent only where `facts/config.md` has it from the source alone.
   */
  readonly shows?: ((faulty: CaseRun, fixed: CaseRun) => Promise<void>) | undefined;
}
