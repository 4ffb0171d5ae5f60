import { BodyError } from "./body-error.ts";

/** What a body may weigh in memory: arrays and objects count as several texts or numbers. */
const mostWeight = 8_000_000;
const weightOfContainer = 4;

const [comma, bracket, brace] = [0x2c, 0x5b, 0x7b];

/**
 * Refuses JSON that is small as bytes and large in memory: 64 MB of brackets are 3 GB, and seconds in which nobody else
 * is answered. What stands within texts counts as well, such as the bound of a gap: that of a million counters has room.
 *
 * @throws BodyError `too-large`
 */
export function assertBearable(body: Uint8Array): void {
  // Most bodies are so small that they cannot weigh too much.
  if (body.length * weightOfContainer <= mostWeight) return;
  let weight = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (byte === comma) weight++;
    else if (byte === bracket || byte === brace) weight += weightOfContainer;
  }
  if (weight > mostWeight)
    throw new BodyError("too-large", "the body has more values than are taken at once", {
      advice: "Send fewer rows at a time.",
    });
}
