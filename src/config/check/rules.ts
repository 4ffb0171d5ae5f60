import type { Rule } from "./rule.ts";
import {
  apiBlockMissing,
  apiObservatoryMissing,
  apiServiceMissing,
  apiServiceNeedless,
  apiServiceUnknown,
  apiTagMissing,
} from "./rules/api-block.ts";
import {
  apiClientCertUnchecked,
  apiIsDefaultOutbound,
  apiListenPublic,
  apiTagTaken,
  apiTlsAlpn,
  balancerSelectsApi,
} from "./rules/api-exposure.ts";
import {
  apiInboundCounted,
  apiInboundNetwork,
  apiInboundNoAddress,
  apiInboundNoPortSetting,
  apiInboundProtocol,
  apiInboundSocketPanic,
  apiTunnelName,
} from "./rules/api-inbound.ts";
import { apiListenInvalid, apiListenLeftoverRule, apiListenUnsupported } from "./rules/api-listen.ts";
import { apiOpenToProxyUsers } from "./rules/api-open.ts";
import {
  apiInboundMissing,
  apiRuleMissing,
  apiRuleNarrowed,
  apiRuleShadowed,
  apiRuleTagMismatch,
} from "./rules/api-rule.ts";
import { chainCountsEach, loopbackCountsTwice, rawTcpUndercount, spliceLateCounts } from "./rules/counting.ts";
import { mergeDropsBlock, yamlLevelKeyUnquoted } from "./rules/files.ts";
import { jsonv5PolicyNoStats, jsonv5ShortUsers } from "./rules/jsonv5.ts";
import {
  alteridNonzero,
  hysteriaUserLost,
  ss2022LevelIgnored,
  ss2022Unnamed,
  userNeedsPassword,
  vmessDetour,
} from "./rules/peculiar-users.ts";
import {
  flagWrongType,
  levelFlagMissing,
  levelOneDirection,
  levelsWrongShape,
  onlineFlagNotSupported,
  policyMissing,
  systemFlagMissing,
} from "./rules/policy.ts";
import { policyUnknownKey } from "./rules/policy-keys.ts";
import { portCollision } from "./rules/ports.ts";
import {
  balancerUnknown,
  legacyInboundKeys,
  routingSettingsRules,
  ruleTypeMissing,
  ruleWithoutCondition,
  ruleWithoutTarget,
} from "./rules/routing.ts";
import {
  singboxApiMissing,
  singboxBuildTag,
  singboxListenMissing,
  singboxStatsOff,
  singboxTagUnknown,
} from "./rules/singbox.ts";
import { singboxGroupMember } from "./rules/singbox-groups.ts";
import { singboxUserUnlisted, singboxUserUnnamed } from "./rules/singbox-users.ts";
import { statsBlockMissing, statsBlockNotObject } from "./rules/stats.ts";
import { byteOrderMark, duplicateKey, textAfterEnd, trailingComma } from "./rules/syntax.ts";
import { inboundTagDuplicate, inboundWithoutTag, outboundTagDuplicate, outboundWithoutTag } from "./rules/tags.ts";
import { userEmailNotString, userWithoutEmail } from "./rules/users.ts";
import { usersKeyWrong } from "./rules/users-keys.ts";
import { levelWrongType, userLevelUncovered } from "./rules/users-levels.ts";
import {
  userEmailCaseVariant,
  userEmailDuplicate,
  userEmailMerged,
  userEmailSeparator,
  userEmailWhitespace,
} from "./rules/users-names.ts";
import { userIdDuplicate } from "./rules/users-secrets.ts";

/** Every rule, in the order of their pages. */
export const rules: readonly Rule[] = [
  statsBlockMissing,
  statsBlockNotObject,
  policyMissing,
  systemFlagMissing,
  levelFlagMissing,
  levelOneDirection,
  userLevelUncovered,
  levelWrongType,
  flagWrongType,
  levelsWrongShape,
  policyUnknownKey,
  onlineFlagNotSupported,
  userWithoutEmail,
  userEmailNotString,
  userEmailDuplicate,
  userEmailMerged,
  userEmailCaseVariant,
  userEmailSeparator,
  userEmailWhitespace,
  userIdDuplicate,
  usersKeyWrong,
  inboundWithoutTag,
  outboundWithoutTag,
  inboundTagDuplicate,
  outboundTagDuplicate,
  portCollision,
  apiBlockMissing,
  apiTagMissing,
  apiServiceMissing,
  apiServiceUnknown,
  apiServiceNeedless,
  apiObservatoryMissing,
  apiInboundMissing,
  apiRuleMissing,
  apiRuleShadowed,
  apiRuleTagMismatch,
  apiRuleNarrowed,
  ruleTypeMissing,
  ruleWithoutCondition,
  balancerUnknown,
  balancerSelectsApi,
  routingSettingsRules,
  legacyInboundKeys,
  apiInboundProtocol,
  apiInboundNoAddress,
  apiInboundNoPortSetting,
  apiInboundNetwork,
  apiInboundSocketPanic,
  apiTunnelName,
  apiListenPublic,
  apiTlsAlpn,
  apiClientCertUnchecked,
  apiOpenToProxyUsers,
  apiIsDefaultOutbound,
  apiTagTaken,
  apiListenUnsupported,
  apiListenInvalid,
  apiListenLeftoverRule,
  apiInboundCounted,
  vmessDetour,
  loopbackCountsTwice,
  chainCountsEach,
  userNeedsPassword,
  rawTcpUndercount,
  spliceLateCounts,
  hysteriaUserLost,
  ss2022Unnamed,
  ss2022LevelIgnored,
  alteridNonzero,
  jsonv5ShortUsers,
  jsonv5PolicyNoStats,
  yamlLevelKeyUnquoted,
  mergeDropsBlock,
  singboxStatsOff,
  singboxListenMissing,
  singboxTagUnknown,
  singboxUserUnlisted,
  singboxUserUnnamed,
  singboxGroupMember,
  singboxBuildTag,
  byteOrderMark,
  duplicateKey,
  ruleWithoutTarget,
  singboxApiMissing,
  textAfterEnd,
  trailingComma,
];
