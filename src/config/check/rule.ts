import type { ConfigEditor } from "../edit/config-editor.ts";
import type { ConfigModel } from "../model/config-model.ts";
import type { ConfigNode } from "../syntax/node.ts";
import type { ConfigTarget } from "../target.ts";

/** How bad a finding is: it will not work or is dangerous; probably not meant; worth knowing. */
export type Severity = "error" | "warning" | "info";

/** What a rule says about one place. */
export interface Report {
  /** The value the finding is about. */
  readonly at: ConfigNode;
  /** Underline the name under which the value stands, not the value. */
  readonly onKey?: boolean | undefined;
  /** What is wrong, with the user's own names; one sentence without a full stop at its end. */
  readonly message: string;
  /** What to do here, where it differs from the rule's `fix`. */
  readonly fix?: string | undefined;
  /** What the user will see, where it differs from the rule's `consequence`. */
  readonly consequence?: string | undefined;
  /** Where it is otherwise than the rule says. */
  readonly severity?: Severity | undefined;
  /** The edit that mends it; absent where a person must choose. */
  readonly edit?: ((editor: ConfigEditor) => void) | undefined;
}

/** One thing that goes wrong in configurations: `facts` of it for people, and the function that finds it. */
export interface Rule {
  /** In kebab case; stable, as people name it in `--disable` and search for it. */
  readonly id: string;
  readonly severity: Severity;
  /** The cores it holds for; versions narrow it inside `check`. */
  readonly targets: readonly ConfigTarget[];
  /** For the rule's page: what it finds, one sentence. */
  readonly summary: string;
  /** What the user will see, one or two sentences. */
  readonly consequence: string;
  /** What to do about it, one sentence. */
  readonly fix: string;
  /** Whether the consequence was seen on the real core, or read in its source. */
  readonly evidence: "measured" | "source";
  /** Finds it: calls `report` once for each place. */
  readonly check: (model: ConfigModel, report: (finding: Report) => void) => void;
}
