import { parseStatName } from "../../names/parse-stat-name.ts";
import type { Finding } from "../check/finding.ts";
import { locationOf } from "../check/location.ts";
import type { ConfigInput } from "../load/parse-config.ts";
import type { ConfigModel } from "../model/config-model.ts";
import { pathsOf } from "../syntax/path.ts";
import { allFindings, apiPlaces, obstaclesAmong } from "./api-reach.ts";
import { counterFamily, countersOf } from "./counter-families.ts";
import type { CounterFamily, Reasons } from "./counter-family.ts";
import type { CounterExplanation, CounterVerdict, ExpectedCounter, ExplanationStep } from "./explanation.ts";
import { type ExplainOptions, modelOfInput } from "./model-of-input.ts";
import { bad, good, quoted, type Step } from "./step.ts";

/**
 * Says step by step why a counter will or will not exist under a configuration, and whether it can be read.
 *
 * @param input - One text, or the files of a directory as the core is given them.
 * @param name - The counter's whole name, such as `user>>>alice@example.com>>>traffic>>>uplink`.
 * @throws TypeError or RangeError for wrong arguments, {@link ConfigError} where the configuration cannot be read.
 *
 * @example
 * ```ts
 * import { explainCounter } from "v2ray-stats/config";
 *
 * const { summary, steps } = explainCounter(
 *   `{ "stats": {}, "inbounds": [{ "tag": "ws", "port": 443, "protocol": "vmess" }] }`,
 *   "inbound>>>ws>>>traffic>>>uplink",
 *   { core: "xray" },
 * );
 * console.log(summary); // the configuration makes no such counter
 * for (const { ok, text } of steps) console.log(ok ? "ok" : "no", text);
 * ```
 */
export function explainCounter(input: ConfigInput, name: string, options: ExplainOptions): CounterExplanation {
  if (typeof name !== "string") throw new TypeError(`a counter's name is text, not ${typeof name}`);
  const model = modelOfInput(input, options);
  const { verdict, steps } = reasonsOf(counterFamily(model), name);
  const { start: refusals, api: obstacles } = obstaclesAmong(allFindings(model));
  const places = apiPlaces(model).map(({ address, node }) => good(`the API is at ${address}`, node));
  return {
    name,
    verdict: refusals.length > 0 ? "never" : verdict,
    summary: refusals.length > 0 ? "the core refuses to start, so there are no counters" : summaries[verdict],
    readable: refusals.length === 0 && obstacles.length === 0,
    steps: [
      ...refusals.map(stepOfFinding),
      ...locate(model, steps),
      ...(obstacles.length > 0 ? obstacles.map(stepOfFinding) : locate(model, places)),
    ],
    advice: [
      ...new Set([
        ...refusals.map(({ fix }) => fix),
        ...steps.flatMap(({ ok, advice }) => (ok ? [] : (advice ?? []))),
        ...obstacles.map(({ fix }) => fix),
      ]),
    ],
  };
}

/**
 * Lists the traffic counters that a configuration makes: of inbounds, then of outbounds, then of users.
 *
 * @param input - One text, or the files of a directory as the core is given them.
 * @returns Each counter once; none where the core refuses to start.
 * @throws TypeError or RangeError for wrong arguments, {@link ConfigError} where the configuration cannot be read.
 */
export function expectedCounters(input: ConfigInput, options: ExplainOptions): ExpectedCounter[] {
  const model = modelOfInput(input, options);
  return obstaclesAmong(allFindings(model)).start.length > 0 ? [] : countersOf(counterFamily(model));
}

/** Whether a counter will exist, and what that hangs on. */
function reasonsOf(family: CounterFamily, name: string): Reasons {
  const parsed = parseStatName(name);
  if (parsed.kind !== "other") return family.reasonsOf(parsed);
  const text = `${quoted(name)} is no counter's name: those are SCOPE>>>NAME>>>traffic>>>DIRECTION`;
  const advice = "Write inbound, outbound or user in front, and uplink or downlink at the end, in lower case.";
  return { verdict: "never", steps: [bad(text, advice)] };
}

const summaries: Readonly<Record<CounterVerdict, string>> = {
  "from-start": "it is there from the core's start, at 0",
  "on-first-use": "it is there from the first connection on",
  never: "the configuration makes no such counter",
  unknown: "the configuration alone does not tell whether it will be there",
};

function stepOfFinding({ message, consequence, location }: Finding): ExplanationStep {
  return { ok: false, text: `${message}: ${consequence.replace(/\.$/, "")}`, location };
}

function locate({ root }: ConfigModel, steps: readonly Step[]): ExplanationStep[] {
  const paths = pathsOf(root, new Set(steps.flatMap(({ at }) => at ?? [])));
  return steps.map(({ ok, text, at }) => {
    return { ok, text, location: at === undefined ? undefined : locationOf(at, paths.get(at) ?? "") };
  });
}
