import { StatsError } from "./stats-error.ts";

/** One thing that is wrong in a configuration, and where. */
export interface ConfigIssue {
  /** The file, as the caller named it. */
  readonly file: string;
  /** From 1; 0 where the issue is with the file as a whole. */
  readonly line: number;
  /** From 1, in UTF-16 units as editors count; 0 where the issue is with the file as a whole. */
  readonly column: number;
  /** What is wrong, one sentence. */
  readonly message: string;
}

/** A configuration that cannot be worked with: it is not the notation it should be, too large, or too deep. */
export class ConfigError extends StatsError {
  /** `ConfigError`. */
  override readonly name: string = "ConfigError";
  /** Everything that is wrong, the first first; never empty. */
  readonly issues: readonly ConfigIssue[];

  constructor(issues: readonly [ConfigIssue, ...ConfigIssue[]], options?: { readonly advice?: string | undefined }) {
    const [{ file, line, column, message }] = issues;
    super("bad-config", `${file}${line > 0 ? `:${line}:${column}` : ""}: ${message}`, options);
    this.issues = issues;
  }
}
