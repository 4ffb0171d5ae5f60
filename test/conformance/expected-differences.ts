import type { CoreKind } from "../support/real-cores.ts";

/** Where the embedded core cannot say what the real one says. */
export interface ExpectedDifference {
  readonly kind: CoreKind;
  readonly feature: string;
  /** The real core's answer. */
  readonly want: unknown;
  /** The embedded core's. */
  readonly got: unknown;
  readonly why: string;
}

const badExpression = {
  feature: "raw QueryStats: a bad expression in `patterns`",
  want: { code: 2, text: "error parsing regexp: missing closing ): `(`" },
  got: { code: 2, text: "error parsing regexp: Unterminated group: `(`" },
  why: "Go's expressions are not JavaScript's, and each words its errors in its own way",
} as const;

/** All of them. One that is no more, or is another, fails its test. */
export const expectedDifferences: readonly ExpectedDifference[] = [
  { kind: "v2ray5", ...badExpression },
  { kind: "sing-box", ...badExpression },
];
