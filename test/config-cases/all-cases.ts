import { apiCases } from "./api-and-routing.ts";
import { peculiarCases } from "./peculiar.ts";
import { statsAndUserCases } from "./stats-and-users.ts";
import type { TwinCase } from "./stats-and-users-texts.ts";

/** The cases of all rules. */
export const allCases: readonly TwinCase[] = [...statsAndUserCases, ...apiCases, ...peculiarCases];
