import { hostPort } from "../build/plan-api.ts";
import { asksPassword } from "../check/rules/api-inbound-parts.ts";
import { conditionsOf } from "../check/rules/routing-conditions.ts";
import type { PlainObject } from "../edit/plain-value.ts";
import type { ConfigModel, InboundModel, RuleModel } from "../model/config-model.ts";
import { member } from "../syntax/lookup.ts";
import { isAtLeast } from "../target.ts";
import { doorAddressOf, listenPlaceOf } from "./api-address.ts";
import { putApiBlock } from "./api-block.ts";
import { type ApiWay, apiWayOf, isDoor, isLocal } from "./api-door.ts";
import type { ApiJob } from "./api-job.ts";
import { addRule, leadToApi } from "./api-rule.ts";
import { apiTagFor } from "./api-tag.ts";
import type { Changes } from "./changes.ts";
import { mendDoor } from "./mend-door.ts";
import { freePort } from "./ports-in-use.ts";
import { refuse } from "./refuse.ts";
import { removeLeftovers } from "./remove-leftovers.ts";

/**
 * Makes the API of V2Ray and Xray reachable for this machine: mends what there is, adds what is not.
 *
 * @returns Where it listens.
 */
export function enableApi(job: ApiJob): string | undefined {
  const { model } = job;
  const way = apiWayOf(model);
  // Whatever is led to the API would be closed if it listened by itself.
  const isLed = model.rules.some(({ outboundTag }) => outboundTag !== undefined && outboundTag === model.api?.tag);
  const listensItself = way.kind === "listen" || (way.kind === "none" && knowsListen(model) && !isLed);
  return listensItself ? enableListen(job) : enableDoor(job, way);
}

/** Such an API needs no inbound and no rule, and counts nothing under an inbound. */
function knowsListen({ target, version }: ConfigModel): boolean {
  return target === "xray" && isAtLeast(version, "1.8.12");
}

function enableListen(job: ApiJob): string | undefined {
  const { model, changes } = job;
  const { api } = model;
  const place = api?.listen === undefined ? undefined : listenPlaceOf(model, api.listen);
  let { address } = place ?? {};
  let listen: string | undefined;
  let reason = askedHere;
  if (address === undefined) {
    const { host, port, remark } = freePlace(job);
    listen = hostPort({ host, port });
    address = listen;
    reason += remark;
  }
  if (place?.isPublic && api?.listenNode) changes.leave(api.listenNode, openToOthers);
  putApiBlock(job, api?.tag ?? job.names.forListeningApi(), listen, reason);
  if (api?.listen !== undefined) removeLeftovers(model, changes);
  return address;
}

const askedHere = "this is where statistics are asked for, and only this machine can";
const openToOthers = "others than this machine reach the API, and can read and reset the counters; was that meant?";

function enableDoor(job: ApiJob, way: ApiWay): string | undefined {
  const apiTag = apiTagFor(job, way);
  putApiBlock(job, apiTag, undefined, "the core's own service for statistics");
  keepDefaultOutbound(job);
  leaveUsers(job);
  if (way.kind === "lost-door") return useDoors(job, [way.door], apiTag, way.rule);
  return way.kind === "doors" ? useDoors(job, way.doors, apiTag, undefined) : addDoor(job, way, apiTag);
}

function useDoors(
  job: ApiJob,
  doors: readonly InboundModel[],
  apiTag: string,
  lost: RuleModel | undefined,
): string | undefined {
  for (const door of doors) {
    if (!isLocal(door)) job.changes.leave(door.listenNode ?? door.node, openToOthers);
    mendDoor(job.model, door, job.changes);
    leadToApi(job, door, apiTag, lost);
  }
  const best = doors.find(isLocal) ?? doors[0];
  return best && doorAddressOf(best);
}

function addDoor(job: ApiJob, way: ApiWay, apiTag: string): string {
  const { model, language, changes, names } = job;
  const { host, port, remark } = freePlace(job);
  const tag = way.kind === "lost-rule" ? way.inboundTag : names.forInbound("api-in");
  const door = { tag, listen: host, port, protocol: "dokodemo-door", settings: language.doorSettings };
  appendTo(model, ["inbounds", "inboundDetour"], door, `${askedHere}${remark}`, changes);
  const isFirst = way.kind === "lost-rule" && model.rules[0] === way.rule;
  if (!isFirst || conditionsOf(way.rule, model.target).length > 1) addRule(job, tag, apiTag);
  return hostPort({ host, port });
}

/** Inbounds for users from which a rule leads to the API. */
function leaveUsers({ model, changes }: ApiJob): void {
  for (const inbound of model.inbounds) {
    if (!inbound.leadsToApi || isDoor(inbound) || asksPassword(inbound)) continue;
    changes.leave(inbound.node, "a rule leads what comes in here to the API; was that meant?");
  }
}

function freePlace({ model, wishes }: ApiJob): {
  readonly host: string;
  readonly port: number;
  readonly remark: string;
} {
  const free = freePort(model, wishes.port);
  if (free === undefined) refuse(model.root, "the configuration listens on every port, and leaves none for the API");
  return { host: wishes.host, ...free };
}

/** With no outbound at all the API itself would become the default one. */
function keepDefaultOutbound({ model, names, changes }: ApiJob): void {
  if (model.outbounds.length > 0) return;
  const tag = names.forOutbound("blackhole");
  const value = { ...(tag !== undefined && { tag }), protocol: "blackhole" };
  const reason = "with no outbound the API would be the default one; this drops everything, as before";
  appendTo(model, ["outbounds", "outboundDetour"], value, reason, changes);
}

/** Puts an item into a list at the top: the first of these names that is there, else a new one of the first name. */
function appendTo(
  { root, target }: ConfigModel,
  [name, legacyName]: readonly [string, string],
  value: PlainObject,
  reason: string,
  changes: Changes,
): void {
  const list = member(root, name);
  const legacy = target === "v2ray4" || target === "v2ray5" ? member(root, legacyName) : undefined;
  if (list?.kind === "array") changes.append(list, [value], reason);
  else if (list !== undefined && list.kind !== "null")
    refuse(list, `${JSON.stringify(name)} is no list, so no core reads it`);
  else if (legacy?.kind === "array") changes.append(legacy, [value], reason);
  else changes.setAt([name], [value], reason);
}
