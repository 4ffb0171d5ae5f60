import { check, countOf, kindName } from "./check.ts";
import type { DetailValue, DoctorCheck } from "./diagnosis.ts";
import type { Life } from "./lives.ts";
import type { Observation } from "./observe.ts";

type Details = Readonly<Record<string, DetailValue>>;

/** What watching told: one process or several, restarts, foreign resets, clocks. */
export function checkProcess(observation: Observation, address: string): DoctorCheck[] {
  const { book, failures, tries } = observation;
  const { lives, returns } = book;
  const details: Details = {
    readings: tries - failures.length,
    failedReadings: failures.length,
    failures: [...new Set(failures.map(({ code }) => code))],
    processes: lives.map(describe),
  };
  const isOne = oneProcess(observation, address, details);
  if (lives.length === 0) return [isOne];
  const isMixed = returns > 0;
  return [isOne, restarts(lives, isMixed), foreignResets(lives, isMixed), clock(lives, isMixed)];
}

function oneProcess({ book, failures, tries }: Observation, address: string, details: Details): DoctorCheck {
  const { lives, returns } = book;
  if (returns > 0) {
    // Of processes of one age some answers may be taken for a third one's.
    const seen = lives.toSorted((a, b) => b.readings - a.readings).slice(0, 2);
    const message = `several processes answer in turn at ${address}: ${seen.map(describe).join("; ")}`;
    return check("one-process", "error", message, { advice: sharingAdvice, details });
  }
  if (lives.some(({ beganAs }) => beganAs === "other-core")) {
    const message = `another process answers at ${address} than at first: ${lives.map(describe).join("; ")}`;
    return check("one-process", "error", message, { advice: sharingAdvice, details });
  }
  if (failures.length > 0) {
    const message = `${failures.length} of ${countOf(tries, "reading")} failed: ${failures[0]?.message}`;
    const advice = "Does the core restart, or share its port with another process whose API is not wired?";
    return check("one-process", lives.length === 0 ? "unknown" : "warning", message, { advice, details });
  }
  return check("one-process", "ok", `one process gave ${countOf(tries, "answer")} over as many connections`, {
    details,
  });
}

const sharingAdvice =
  "Stop one of them: V2Ray, Xray and their like share a port without a word (on Linux `ss -ltnp` names who listens).";

/** "Xray up 12 s (8 counters, 3 answers)". */
function describe({ last, readings }: Life): string {
  const { kind, sysAfter } = last.evidence;
  const figures = `${countOf(last.size, "counter")}, ${countOf(readings, "answer")}`;
  return `${kindName(kind)} up ${sysAfter.uptimeSeconds} s (${figures})`;
}

function restarts(lives: readonly Life[], isMixed: boolean): DoctorCheck {
  const details = { uptimeSeconds: lives.at(-1)?.last.evidence.sysAfter.uptimeSeconds ?? null };
  if (isMixed)
    return check("restarts", "unknown", "restarts cannot be told while several processes answer", { details });
  const count = lives.filter(({ beganAs }) => beganAs === "restarted").length;
  if (count === 0)
    return check("restarts", "ok", `it did not restart; it is up ${details.uptimeSeconds} s`, { details });
  if (count === 1)
    return check("restarts", "warning", "it restarted once while it was watched", { advice: restartAdvice, details });
  // Uptimes of a moment do not tell one from the other.
  const message = `it restarted ${count} times while it was watched, or several young processes answer in turn`;
  return check("restarts", "warning", message, { advice: `${restartAdvice} Or look again in a minute.`, details });
}

const restartAdvice = "If nobody restarted it, its log tells why it ends.";

function foreignResets(lives: readonly Life[], isMixed: boolean): DoctorCheck {
  if (isMixed) return check("foreign-resets", "unknown", "resets cannot be told while several processes answer");
  const seen = lives.reduce((sum, { foreignResets }) => sum + foreignResets, 0);
  const details = { seen };
  if (seen === 0) return check("foreign-resets", "ok", "nobody reset counters while it was watched", { details });
  return check(
    "foreign-resets",
    "warning",
    `somebody else reset counters ${seen === 1 ? "once" : `${seen} times`} while it was watched`,
    {
      advice: "Find the program that reads with reset: what it takes is missing for everybody else.",
      details,
    },
  );
}

// Two uptimes in whole seconds, and the reading of them.
const tellableMs = 2000;

function clock(lives: readonly Life[], isMixed: boolean): DoctorCheck {
  const [life] = lives;
  if (isMixed || lives.length !== 1 || life === undefined || life.readings < 2)
    return check(
      "clock",
      "unknown",
      "clocks cannot be compared: no process was there from the first reading to the last",
    );
  const [a, b] = [life.first.evidence, life.last.evidence];
  const elapsedMs = Math.round(b.ended.monotonicMs - a.ended.monotonicMs);
  const wallMs = b.ended.at.getTime() - a.ended.at.getTime();
  const uptimeSeconds = b.sysAfter.uptimeSeconds - a.sysAfter.uptimeSeconds;
  const details = { elapsedMs, wallMs, uptimeSeconds };
  if (Math.abs(wallMs - elapsedMs) > 1000) {
    const message = `this machine's clock was set ${Math.round((wallMs - elapsedMs) / 1000)} s off while it was watched`;
    const advice = "Let the clock be slewed, not stepped: what is read is booked by it.";
    return check("clock", "warning", message, { advice, details });
  }
  if (Math.abs(uptimeSeconds * 1000 - elapsedMs) > tellableMs) {
    const message = `the core's clock went on by ${uptimeSeconds} s while ours did by ${Math.round(elapsedMs / 1000)} s`;
    const advice = "Was its machine paused? Rates are by our clock.";
    return check("clock", "warning", message, { advice, details });
  }
  return check("clock", "ok", "the core's clock and ours go alike, as far as whole seconds tell", { details });
}
