import type { RuleCase } from "./rule-case.ts";
import { levelCases } from "./stats-and-users-levels.ts";
import { statsCases } from "./stats-and-users-stats.ts";
import { portCases, tagCases } from "./tags.ts";
import { nameCases } from "./users-names.ts";
import { secretCases } from "./users-secrets.ts";

export const statsAndUserCases: readonly RuleCase[] = [
  ...statsCases,
  ...levelCases,
  ...nameCases,
  ...secretCases,
  ...tagCases,
  ...portCases,
];
