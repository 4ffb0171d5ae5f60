import { peculiarCountingCases } from "./peculiar-counting.ts";
import { peculiarFileCases } from "./peculiar-files.ts";
import { peculiarJsonV5Cases } from "./peculiar-jsonv5.ts";
import { peculiarSingBoxCases } from "./peculiar-singbox.ts";
import { peculiarSpliceCases } from "./peculiar-splice.ts";
import { peculiarSyntaxCases } from "./peculiar-syntax.ts";
import { peculiarUserCases } from "./peculiar-users.ts";
import type { RuleCase } from "./rule-case.ts";

/** What is peculiar to single cores, protocols and notations. */
export const peculiarCases: readonly RuleCase[] = [
  ...peculiarUserCases,
  ...peculiarCountingCases,
  ...peculiarSpliceCases,
  ...peculiarJsonV5Cases,
  ...peculiarSingBoxCases,
  ...peculiarFileCases,
  ...peculiarSyntaxCases,
];
