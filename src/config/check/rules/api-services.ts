import { nearNames } from "../../explain/near-names.ts";
import { type ConfigTarget, type CoreVersion, isAtLeast } from "../../target.ts";

/** A service that an API can offer. */
export interface ApiService {
  /** As V2Ray and Xray call it. */
  readonly name: string;
  /** As jsonv5 does. */
  readonly short: string;
  readonly targets: readonly ConfigTarget[];
  /** What whoever reaches the API can do with it, where statistics do not need it. */
  readonly power?: string | undefined;
}

const all: readonly ConfigTarget[] = ["v2ray4", "v2ray5", "v2ray5-jsonv5", "xray"];
const newer: readonly ConfigTarget[] = ["v2ray5", "v2ray5-jsonv5", "xray"];

const services: readonly ApiService[] = [
  { name: "StatsService", short: "stats", targets: all },
  { name: "HandlerService", short: "proxyman", targets: all, power: "add and remove users, inbounds and outbounds" },
  { name: "LoggerService", short: "#v2ray.core.app.log.command.Config", targets: all, power: "restart the log" },
  { name: "RoutingService", short: "router", targets: newer, power: "watch connections and steer them" },
  { name: "ReflectionService", short: "reflection", targets: all },
  { name: "ObservatoryService", short: "observatory", targets: newer },
];

/** Services of jsonv5 alone, which statistics do not need. */
const others: readonly ApiService[] = ["instman", "subscriptionmanager"].map((short) => {
  return { name: short, short, targets: ["v2ray5-jsonv5"], power: "change what the core runs" };
});

/** The service a word of a configuration means; `undefined` where the core knows none such. */
export function serviceCalled(word: string, target: ConfigTarget, version: CoreVersion): ApiService | undefined {
  if (word.startsWith("#") && (target === "v2ray5" || target === "v2ray5-jsonv5")) return fullyNamed(word);
  return servicesOf(target, version).find((service) => wordsAreEqual(wordFor(service, target), word, target));
}

/** The service that somebody may have meant by a word that the core does not know. */
export function serviceMeant(word: string, target: ConfigTarget, version: CoreVersion): ApiService | undefined {
  const known = servicesOf(target, version);
  const plain = word.toLowerCase().replace(/service$/, "");
  const called = known.find(({ name, short }) =>
    [`${plain}service`, plain].some((each) => isEither(each, name, short)),
  );
  const [near] = nearNames(
    word,
    known.map((service) => wordFor(service, target)),
  );
  return called ?? known.find((service) => wordFor(service, target) === near);
}

function isEither(word: string, name: string, short: string): boolean {
  return word === name.toLowerCase() || word === short;
}

/** The services that a core knows. */
export function servicesOf(target: ConfigTarget, version: CoreVersion): ApiService[] {
  const known = services.filter(({ name, targets }) => {
    return (
      targets.includes(target) &&
      !(name === "ReflectionService" && !isAtLeast(version, "4.33.0") && target === "v2ray4")
    );
  });
  return target === "v2ray5-jsonv5" ? [...known, ...others] : known;
}

/** What a target's language calls a service. */
export function wordFor({ name, short }: ApiService, target: ConfigTarget): string {
  return target === "v2ray5-jsonv5" ? short : name;
}

/** V2Ray 5 takes the name of a service's message. */
function fullyNamed(word: string): ApiService {
  const known = services.find(({ name }) => name === fullNames[word.slice(1)]);
  return known ?? { name: word, short: word, targets: newer };
}

const fullNames: Readonly<Record<string, string>> = {
  "v2ray.core.app.stats.command.Config": "StatsService",
  "v2ray.core.app.proxyman.command.Config": "HandlerService",
  "v2ray.core.app.log.command.Config": "LoggerService",
  "v2ray.core.app.router.command.Config": "RoutingService",
  "v2ray.core.app.commander.ReflectionConfig": "ReflectionService",
  "v2ray.core.app.observatory.command.Config": "ObservatoryService",
};

function wordsAreEqual(a: string, b: string, target: ConfigTarget): boolean {
  return target === "v2ray5-jsonv5" ? a === b : a.toLowerCase() === b.toLowerCase();
}
