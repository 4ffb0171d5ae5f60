import { isTrue, member, memberAt, objectsOf, stringListOf, stringOf } from "../syntax/lookup.ts";
import type { ConfigNode } from "../syntax/node.ts";
import type {
  InboundModel,
  LevelModel,
  PolicyModel,
  PortRange,
  RuleModel,
  SystemFlag,
  UserModel,
} from "./config-model.ts";
import { systemFlags } from "./config-model.ts";

/** A text that is not empty. */
export function nameOf(node: ConfigNode | undefined): string | undefined {
  return stringOf(node) || undefined;
}

/** Ports as the cores write them: 1080, "1080", "1080-1090", "443,8443". */
export function portsOf(node: ConfigNode | undefined): readonly PortRange[] {
  if (node?.kind === "number") return portRange(node.value as number, node.value as number);
  const text = stringOf(node);
  if (text === undefined) return [];
  return text.split(",").flatMap((part) => {
    const match = /^\s*(\d{1,5})(?:-(\d{1,5}))?\s*$/.exec(part);
    return match === null ? [] : portRange(Number(match[1]), Number(match[2] ?? match[1]));
  });
}

function portRange(from: number, to: number): readonly PortRange[] {
  return Number.isInteger(from) && from > 0 && from <= to && to <= 65_535 ? [{ from, to }] : [];
}

/** A level as Go's decoder takes it into an unsigned number; 0 where there is none. */
export function levelOf(node: ConfigNode | undefined): number | undefined {
  if (node === undefined || node.kind === "null") return 0;
  const value = node.value as number;
  return node.kind === "number" && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff ? value : undefined;
}

/** The tag of an inbound, and where it listens. */
export function readPlace(
  node: ConfigNode,
  portKey: string,
): Pick<InboundModel, "node" | "tag" | "listen" | "listenNode" | "ports" | "portNode"> {
  const listenNode = member(node, "listen");
  const portNode = member(node, portKey);
  return {
    node,
    tag: nameOf(member(node, "tag")),
    listen: nameOf(listenNode),
    listenNode,
    ports: portsOf(portNode),
    portNode,
  };
}

/** Reads a user whose parts have these names in a configuration. */
export function readUser(
  node: ConfigNode,
  nameKey: string,
  levelNode: ConfigNode | undefined,
  secretKey: string,
): UserModel {
  const nameNode = member(node, nameKey);
  return {
    node,
    name: nameOf(nameNode),
    nameNode,
    level: levelOf(levelNode),
    levelNode,
    secretNode: member(node, secretKey),
  };
}

/** Where a policy has its parts. */
export interface PolicyNames {
  readonly levels: string;
  /** From an entry of the levels to the object that holds its flags. */
  readonly levelFlags: readonly string[];
  readonly userUplink: string;
  readonly userDownlink: string;
  readonly userOnline: string;
  /** From `system` to the object that holds its flags. */
  readonly systemFlags: readonly string[];
  readonly system: Readonly<Record<SystemFlag, string>>;
}

export function readPolicy(node: ConfigNode | undefined, names: PolicyNames): PolicyModel {
  const levelsNode = member(node, names.levels);
  const levels = new Map<number, LevelModel>();
  for (const level of levelsNode?.kind === "object" ? levelsNode.children : []) {
    if (level.kind !== "object" || !/^\d{1,10}$/.test(level.key as string)) continue;
    const flags = memberAt(level, ...names.levelFlags);
    levels.set(Number(level.key), {
      node: level,
      userUplink: isTrue(member(flags, names.userUplink)),
      userDownlink: isTrue(member(flags, names.userDownlink)),
      userOnline: isTrue(member(flags, names.userOnline)),
    });
  }
  const systemNode = member(node, "system");
  const holder = memberAt(systemNode, ...names.systemFlags);
  const system = Object.fromEntries(
    systemFlags.map((flag) => [flag, isTrue(member(holder, names.system[flag]))]),
  ) as Record<SystemFlag, boolean>;
  return { node, levelsNode, levels, systemNode, system };
}

/** Reads the routing rules of a list. */
export function readRules(list: ConfigNode | undefined, outboundKey: string, balancerKey: string): RuleModel[] {
  return objectsOf(list).map((node) => ({
    node,
    list: list as ConfigNode,
    inboundTags: stringListOf(member(node, "inboundTag")),
    outboundTag: nameOf(member(node, outboundKey)),
    balancerTag: nameOf(member(node, balancerKey)),
  }));
}

/** Tags of the inbounds from which rules lead to the API. */
export function tagsLeadingTo(apiTag: string | undefined, rules: readonly RuleModel[]): ReadonlySet<string> {
  if (apiTag === undefined) return new Set();
  return new Set(rules.filter((rule) => rule.outboundTag === apiTag).flatMap((rule) => rule.inboundTags ?? []));
}

/** Marks the inbounds from which rules lead to the API. */
export function leadingToApi(
  inbounds: readonly Omit<InboundModel, "leadsToApi">[],
  tags: ReadonlySet<string>,
): InboundModel[] {
  return inbounds.map((inbound) => ({ ...inbound, leadsToApi: inbound.tag !== undefined && tags.has(inbound.tag) }));
}
