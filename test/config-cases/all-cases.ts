import { apiCases } from "./api-and-routing.ts";
import { peculiarCases } from "./peculiar.ts";
import type { RuleCase } from "./rule-case.ts";
import { statsAndUserCases } from "./stats-and-users.ts";

/** The cases of all rules. */
export const allCases: readonly RuleCase[] = [...statsAndUserCases, ...apiCases, ...peculiarCases];
