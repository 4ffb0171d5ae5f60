import type { ConfigDocument } from "../syntax/document.ts";
import { itemsOf, member, memberAt, stringOf } from "../syntax/lookup.ts";
import type { ConfigFormat, ConfigNode } from "../syntax/node.ts";
import { SyntaxProblem } from "../syntax/syntax-problem.ts";
import type { ConfigTarget } from "../target.ts";
import { type ConfigInput, parseConfig } from "./parse-config.ts";

/** Which core a configuration seems to be for. */
export interface TargetGuess {
  /** The core. */
  readonly core: ConfigTarget;
  /** What gave it away, as `it has "router"`; `undefined` where nothing did and it is taken for V2Ray 5's. */
  readonly because: string | undefined;
}

/**
 * Guesses which core a configuration is for, by what only one of them knows. What V2Ray and Xray share, and a text that
 * cannot be read, is taken for V2Ray 5's; V2Ray 4 is never guessed, as all it knows V2Ray 5 knows.
 *
 * @param format - The notation; default: by the files' names, else by their texts.
 * @throws TypeError where the input is neither a text nor files.
 */
export function guessConfigTarget(input: ConfigInput, format?: ConfigFormat): TargetGuess {
  try {
    return guessTarget(parseConfig(input, format));
  } catch (error) {
    if (error instanceof SyntaxProblem) return { core: "v2ray5", because: undefined };
    throw error;
  }
}

function guessTarget(documents: readonly ConfigDocument[]): TargetGuess {
  // Nothing but V2Ray 5's ordinary language and Xray's is read from YAML and TOML.
  const isJson = documents.every(({ file }) => file.format === "json");
  const languages = isJson
    ? ([
        ["v2ray5-jsonv5", signOfJsonV5],
        ["sing-box", signOfSingBox],
      ] as const)
    : [];
  for (const [core, signOf] of [...languages, ["xray", signOfXray] as const]) {
    for (const { root } of documents) {
      const because = signOf(root);
      if (because !== undefined) return { core, because };
    }
  }
  return { core: "v2ray5", because: undefined };
}

function signOfJsonV5(root: ConfigNode): string | undefined {
  if (member(root, "router") !== undefined) return 'it has "router"';
  for (const name of ["commander", "policy"])
    if (memberAt(root, "services", name) !== undefined) return `it has "services.${name}"`;
  const fullName = proxiesOf(root).find((proxy) => /^#v2ray\./.test(protocolOf(proxy)));
  return fullName && `it has the protocol "${protocolOf(fullName)}"`;
}

function signOfSingBox(root: ConfigNode): string | undefined {
  const name = ["experimental", "route", "endpoints"].find((each) => member(root, each) !== undefined);
  if (name !== undefined) return `it has "${name}"`;
  const typed = proxiesOf(root).some(
    (proxy) => stringOf(member(proxy, "type")) !== undefined && protocolOf(proxy) === "",
  );
  return typed ? 'its inbounds and outbounds have a "type"' : undefined;
}

const xrayProtocols = new Set(["tunnel", "mixed", "wireguard", "hysteria", "tun", "direct", "block"]);
const xrayNetworks = new Set(["raw", "xhttp", "splithttp", "httpupgrade", "hysteria"]);

/** Source: the tables of Xray-core 26.3.27 and V2Ray 5.52.0, infra/conf (of V2Ray infra/conf/v4). */
function signOfXray(root: ConfigNode): string | undefined {
  if (member(root, "metrics") !== undefined) return 'it has "metrics"';
  if (memberAt(root, "api", "listen") !== undefined) return 'it has "api.listen"';
  const levels = memberAt(root, "policy", "levels")?.children ?? [];
  if (levels.some((level) => member(level, "statsUserOnline") !== undefined)) return 'it has "statsUserOnline"';
  for (const proxy of proxiesOf(root)) {
    const protocol = protocolOf(proxy);
    if (xrayProtocols.has(protocol.toLowerCase())) return `it has the protocol "${protocol}"`;
    const stream = member(proxy, "streamSettings");
    const network = stringOf(member(stream, "network")) ?? "";
    if (xrayNetworks.has(network.toLowerCase())) return `it has the network "${network}"`;
    if (stringOf(member(stream, "security"))?.toLowerCase() === "reality") return "it has REALITY";
    if (usersOf(proxy).some((user) => stringOf(member(user, "flow"))?.startsWith("xtls-rprx-vision")))
      return 'it has the flow "xtls-rprx-vision"';
  }
  const rules = itemsOf(memberAt(root, "routing", "rules"));
  const untyped = rules.length > 0 && rules.every((rule) => member(rule, "type") === undefined);
  return untyped ? 'its rules have no "type", which V2Ray refuses' : undefined;
}

function proxiesOf(root: ConfigNode): ConfigNode[] {
  return [...itemsOf(member(root, "inbounds")), ...itemsOf(member(root, "outbounds"))];
}

function protocolOf(proxy: ConfigNode): string {
  return stringOf(member(proxy, "protocol")) ?? "";
}

/** Those of an inbound, and those an outbound is to its servers. */
function usersOf(proxy: ConfigNode): ConfigNode[] {
  const settings = member(proxy, "settings");
  const servers = itemsOf(member(settings, "vnext"));
  return [...itemsOf(member(settings, "clients")), ...servers.flatMap((server) => itemsOf(member(server, "users")))];
}
