import { countersOf } from "../config/explain/counter-families.ts";
import type { DeclaredSubject } from "../config/explain/counter-family.ts";
import { formatStatName } from "../names/format-stat-name.ts";
import { parseStatName } from "../names/parse-stat-name.ts";
import type { Scope } from "../names/stat-name.ts";
import { check, firstOf, someOf } from "./check.ts";
import type { ConfigSide } from "./config-side.ts";
import type { DoctorCheck } from "./diagnosis.ts";

/** Whether all that the configuration names has its counters, and the core none beside. */
export function checkSubjects(side: ConfigSide, names: ReadonlySet<string>): DoctorCheck[] {
  const expected = new Map(countersOf(side.family).map(({ name, when }) => [name, when]));
  const declared = side.family.declared();
  const scopes = [
    ["inbounds", "inbound"],
    ["outbounds", "outbound"],
    ["users", "user"],
  ] as const;
  return [
    ...scopes.map(([id, scope]) => {
      const subjects = declared.filter((each) => each.scope === scope).map(({ subject }) => subject);
      return checkScope(id, scope, subjects, { side, names, expected });
    }),
    checkUndeclared(side, names, expected),
  ];
}

interface Facts {
  readonly side: ConfigSide;
  /** The counters that there are. */
  readonly names: ReadonlySet<string>;
  /** Those that there should be. */
  readonly expected: ReadonlyMap<string, "from-start" | "on-first-use">;
}

function checkScope(
  id: "inbounds" | "outbounds" | "users",
  scope: Scope,
  subjects: readonly string[],
  facts: Facts,
): DoctorCheck {
  const counted: string[] = [];
  const waiting: string[] = [];
  const missing: string[] = [];
  const never: string[] = [];
  for (const subject of subjects) {
    const own = countersOfSubject(scope, subject).filter((name) => facts.expected.has(name));
    if (own.length === 0) never.push(subject);
    else if (own.some((name) => facts.names.has(name))) counted.push(subject);
    else if (own.some((name) => facts.expected.get(name) === "from-start")) missing.push(subject);
    else waiting.push(subject);
  }
  const reasons = reasonsOf(facts.side, scope, never);
  const parts = [
    `${counted.length} counted`,
    ...(waiting.length > 0 ? [`${waiting.length} not connected yet (${someOf(waiting)})`] : []),
    ...(missing.length > 0 ? [`${missing.length} without the counters there should be (${someOf(missing)})`] : []),
    ...(never.length > 0 ? [`${never.length} that will never be counted (${someOf(never)})`] : []),
  ];
  const message = subjects.length === 0 ? `no ${id}` : `${id}: ${parts.join(", ")}`;
  const details = {
    counted: counted.length,
    waiting: firstOf(waiting),
    missing: firstOf(missing),
    never: firstOf(never),
    reasons: reasons.map(({ texts, who }) => `${someOf(who)}: ${texts.join("; ")}`),
  };
  if (missing.length > 0) return check(id, "error", message, { advice: otherFile, details });
  const [worst] = reasons;
  if (worst === undefined) return check(id, "ok", message, { details });
  const advice = `${worst.texts.join("; ")} (${someOf(worst.who)}). ${worst.advice.join(" ")}`;
  return check(id, "warning", message, { advice, details });
}

const otherFile = "The core runs with another configuration: restart it with this one, or give the one that it runs.";

function countersOfSubject(scope: Scope, subject: string): string[] {
  return (["uplink", "downlink"] as const).map((direction) =>
    formatStatName({ kind: "traffic", scope, subject, direction }),
  );
}

interface Reason {
  readonly texts: readonly string[];
  readonly advice: readonly string[];
  readonly who: string[];
}

/** Why subjects are never counted: each cause once, the one of most of them first. */
function reasonsOf({ family }: ConfigSide, scope: Scope, subjects: readonly string[]): Reason[] {
  const reasons = new Map<string, Reason>();
  for (const subject of subjects) {
    const { steps } = family.reasonsOf({ kind: "traffic", scope, subject, direction: "uplink" });
    const wrong = steps.filter(({ ok }) => !ok);
    const texts = [...new Set(wrong.map(({ text }) => text))];
    const known = reasons.get(texts.join("\n"));
    if (known === undefined) {
      const advice = [...new Set(wrong.flatMap(({ advice }) => advice ?? []))];
      reasons.set(texts.join("\n"), { texts, advice, who: [subject] });
    } else known.who.push(subject);
  }
  return [...reasons.values()].toSorted((a, b) => b.who.length - a.who.length);
}

/** Counters of what the configuration does not name, or does not count. */
function checkUndeclared(
  { family, model }: ConfigSide,
  names: ReadonlySet<string>,
  expected: Facts["expected"],
): DoctorCheck {
  const subjects = new Map<string, DeclaredSubject>();
  const others: string[] = [];
  for (const name of names) {
    if (expected.has(name)) continue;
    const parsed = parseStatName(name);
    if (parsed.kind === "other") others.push(name);
    else if (family.reasonsOf(parsed).verdict !== "unknown") subjects.set(`${parsed.scope} ${parsed.subject}`, parsed);
  }
  const labels = [...subjects.values()].map(({ scope, subject }) => `${scope} ${subject}`);
  const found = [...labels, ...others];
  if (found.length === 0) return check("undeclared", "ok", "every counter is one that the configuration makes");
  const details = { names: firstOf(found), count: found.length };
  const message = `${found.length === 1 ? "one has" : `${found.length} have`} counters and the configuration counts none of them: ${someOf(found)}`;
  const isAdded = model.api?.services.some((service) => /^(handlerservice|proxyman)$/i.test(service)) === true;
  const advice = isAdded
    ? "HandlerService may have added them; otherwise the core runs with another configuration."
    : otherFile;
  return check("undeclared", "warning", message, { advice, details });
}
