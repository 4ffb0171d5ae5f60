import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import pg from "pg";
import { openPostgresUrl } from "../../../src/ledger/postgres/open-postgres-url.ts";
import { migrations } from "../../../src/ledger/postgres/schema.ts";
import { expectLedgerError } from "../../support/ledger-errors.ts";
import { postgresMissing, postgresServer } from "../../support/postgres-server.ts";
import { runScript } from "../../support/run-script.ts";

const skip = postgresMissing();
const page = readFileSync("docs/postgres.md", "utf8");

function block(language: string, at = 0): string {
  const found = Array.from(page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms")));
  return found[at]?.[1] as string;
}

test("the roles and the program of the page work", { skip }, async () => {
  const { pool, url } = await postgresServer();
  await pool.query("CREATE DATABASE docs");
  const as = (role: string, password: string): string => {
    const address = new URL(url);
    Object.assign(address, { username: role, password, pathname: "/docs" });
    return address.href;
  };
  await runSql(url.replace(/\/postgres$/, "/docs"), block("sql"));

  const door = new URL("../../../src/ledger/postgres/open-postgres-ledger.ts", import.meta.url);
  const program = block("ts").replace("v2ray-stats/ledger/postgres", door.href);
  const { exitCode, stdout, stderr } = await runScript(program, { env: { DATABASE_URL: as("stats", "change me") } });
  assert.equal(exitCode, 0, stderr);
  assert.equal(stdout, "[]\n");

  await using reader = await openPostgresUrl(as("stats_reader", "change me too"), { readOnly: true });
  assert.deepEqual(await reader.gaps(), []);
  await using writer = await openPostgresUrl(as("stats_reader", "change me too"));
  await expectLedgerError(writer.claim("a node"), "unwritable");
});

test("the page distributes every table there is", () => {
  const tables = migrations.flat().flatMap((text) => /CREATE TABLE @\.(\w+)/.exec(text)?.[1] ?? []);
  const text = block("sql", 1);
  const named = Array.from(text.matchAll(/v2ray_stats\.(\w+)'[,)]|'(\w+)'[,\]]/g), ([, one, other]) => one ?? other);
  for (const table of tables) assert.ok(named.includes(table), table);
});

async function runSql(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(text);
  await client.end();
}
