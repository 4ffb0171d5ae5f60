import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { curlMissing, PageRun } from "../support/page-run.ts";
import { realCores } from "../support/real-cores.ts";

/** What differs from run to run, in the same words. */
function plain(text: string): string {
  return text
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:Z|\+00:00)/g, "TIME")
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UUID")
    .replace(/\b[0-9a-f]{10}\b/g, "KEY")
    .replace(/"(ledger|cursor)":"[^"]*"/g, '"$1":"…"')
    .replaceAll("\r\n", "\n")
    .trim();
}

// The commands run as they stand, in their order; what they print must be what the page shows. Comments of the page say
// what happens meanwhile, and whose log a block is of.
const skip = realCores().xray.missing ?? curlMissing();
test("docs/from-3x-ui.md shows what its commands print, with a real Xray", { skip }, async () => {
  const page = readFileSync("docs/from-3x-ui.md", "utf8");
  await using run = await PageRun.start(Date.parse("2026-11-23T08:01:00Z"));
  let printed = "";
  let log: string | undefined;
  const got: string[] = [];
  const shown: string[] = [];
  for (const [, comment, language, block = ""] of page.matchAll(/^<!-- ([^\n]*) -->$|^```(\w+)\n(.*?)^```$/gms)) {
    if (comment?.endsWith(".log")) log = comment;
    else if (comment !== undefined) await run.happens(comment);
    else if (language === "sh") {
      assert.equal(printed, "", "what it prints is shown");
      printed = plain(await run.commands(block));
    } else if (log !== undefined) {
      const lines = plain(block).split("\n");
      got.push((await run.logged(log, (text) => lines.every((line) => plain(text).includes(line)))) ?? plain(block));
      shown.push(plain(block));
      log = undefined;
    } else {
      got.push(printed);
      shown.push(plain(block));
      printed = "";
    }
  }
  assert.equal(printed, "", "what it prints is shown");
  assert.deepEqual(got, shown);
  assert.ok(shown.length >= 10);
});
