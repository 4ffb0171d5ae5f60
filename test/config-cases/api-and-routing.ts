import { apiBlockCases } from "./api-block.ts";
import { apiExposureCases } from "./api-exposure.ts";
import { apiInboundCases } from "./api-inbound.ts";
import { apiJsonV5Cases } from "./api-jsonv5.ts";
import { apiListenCases } from "./api-listen.ts";
import { apiOpenCases } from "./api-open.ts";
import { apiRuleCases } from "./api-rule.ts";
import { routingCases } from "./routing.ts";
import type { RuleCase } from "./rule-case.ts";

/** The cases of the rules about the way to the API, and about routing. */
export const apiCases: readonly RuleCase[] = [
  ...apiBlockCases,
  ...apiInboundCases,
  ...apiRuleCases,
  ...apiListenCases,
  ...apiExposureCases,
  ...apiOpenCases,
  ...apiJsonV5Cases,
  ...routingCases,
];
