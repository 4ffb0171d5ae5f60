import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { followConfigs } from "../../../src/cli/core-configs/follow-configs.ts";

interface Place {
  readonly config: string;
  readonly directory: string;
  /** Writes a version of the configuration, long enough ago. */
  write(text: string): void;
  /** What a new process follows. */
  follow(): () => Promise<readonly string[]>;
}

let versions = 0;

function place(context: TestContext, name: string): Place {
  const home = mkdtempSync(join(tmpdir(), "v2ray-stats-configs-"));
  context.after(() => rmSync(home, { recursive: true }));
  const config = join(home, name);
  const directory = join(home, "seen");
  return {
    config,
    directory,
    write(text) {
      writeFileSync(config, text);
      const at = Date.now() / 1000 - 5000 + versions++;
      utimesSync(config, at, at);
    },
    follow() {
      const madeAnew = followConfigs(new Map([["../__proto__", config]]), directory);
      return () => madeAnew("../__proto__");
    },
  };
}

type User = readonly [email: string, id: string];

function xray(...inbounds: readonly (readonly User[])[]): string {
  return JSON.stringify({
    inbounds: inbounds.map((users, index) => ({
      port: 1000 + index,
      protocol: "vless",
      settings: { clients: users.map(([email, id]) => ({ email, id })) },
    })),
  });
}

const alice: User = ["alice", "a1"];
const bob: User = ["bob", "b1"];

test("who is gone and back, or has another id, is made anew, also over a restart of the collector", async (context) => {
  const { write, follow } = place(context, "config.json");
  write(xray([alice, bob]));
  let asked = follow();
  assert.deepEqual(await asked(), []);
  assert.deepEqual(await asked(), []);
  write(xray([bob]));
  assert.deepEqual(await asked(), []);
  assert.deepEqual(await asked(), [], "what was seen is written down");
  asked = follow();
  write(xray([alice, bob]));
  assert.deepEqual(await asked(), ["alice"]);
  // Killed before they had begun: told again.
  asked = follow();
  assert.deepEqual(await asked(), ["alice"]);
  assert.deepEqual(await asked(), []);
  asked = follow();
  assert.deepEqual(await asked(), []);
  write(xray([alice, ["bob", "b2"]], [["carol", "c1"]]));
  assert.deepEqual(await asked(), ["bob"]);
  assert.deepEqual(await asked(), []);
});

test("an account more or less of one e-mail is the same user", async (context) => {
  const { write, follow } = place(context, "config.json");
  const asked = follow();
  for (const second of ["a2", "a3"]) {
    write(xray([alice], [["alice", second]]));
    assert.deepEqual(await asked(), []);
  }
  write(xray([["alice", "a3"]]));
  assert.deepEqual(await asked(), []);
  write(xray([alice]));
  assert.deepEqual(await asked(), ["alice"]);
});

const languages: readonly (readonly [core: string, name: string, write: (users: readonly User[]) => string])[] = [
  [
    "Xray in YAML",
    "config.yaml",
    (users) =>
      `inbounds:\n- protocol: vless\n  port: 1\n  settings:\n    clients: ${JSON.stringify(users.map(([email, id]) => ({ email, id })))}\n`,
  ],
  [
    "V2Ray 5's other language",
    "config.json",
    (users) =>
      JSON.stringify({
        router: {},
        inbounds: [
          { protocol: "vmess", port: 1, settings: { users: users.map(([email, id]) => ({ email, account: { id } })) } },
        ],
      }),
  ],
  [
    "sing-box",
    "config.json",
    (users) =>
      JSON.stringify({
        route: {},
        inbounds: [{ type: "vless", listen_port: 1, users: users.map(([name, uuid]) => ({ name, uuid })) }],
      }),
  ],
  [
    "trojan",
    "config.json",
    (users) =>
      JSON.stringify({
        inbounds: [
          {
            protocol: "trojan",
            port: 1,
            settings: { clients: users.map(([email, password]) => ({ email, password })) },
          },
        ],
      }),
  ],
];

for (const [core, name, text] of languages)
  test(`users are read in the language of ${core}`, async (context) => {
    const { write, follow } = place(context, name);
    const asked = follow();
    write(text([alice, bob]));
    assert.deepEqual(await asked(), []);
    write(text([bob]));
    assert.deepEqual(await asked(), []);
    write(text([["bob", "b2"], alice]));
    assert.deepEqual(await asked(), ["bob", "alice"]);
  });

test("what cannot be read changes nothing, and its words are not repeated", async (context) => {
  const { config, write, follow } = place(context, "config.json");
  const asked = follow();
  await assert.rejects(asked(), { code: "ENOENT" });
  write(xray([alice, bob]));
  assert.deepEqual(await asked(), []);
  write(`{ "inbounds": [{ "protocol": "vless" \n "secret"`);
  const told: string[] = [];
  for (let round = 0; round < 2; round++)
    await asked().catch((error: Error) => {
      told.push(error.message);
    });
  assert.equal(told.length, 2);
  assert.match(told[0] as string, /cannot be read.*; see its line 2/);
  assert.ok(!told[0]?.includes("secret"));
  assert.equal(told[0], told[1]);
  renameSync(config, `${config}.away`);
  await assert.rejects(asked(), { code: "ENOENT" });
  write(xray([alice, bob]));
  assert.deepEqual(await asked(), []);
});

test("a file that is just being written is left for the next look", async (context) => {
  const { config, write, follow } = place(context, "config.json");
  const asked = follow();
  write(xray([alice, bob]));
  assert.deepEqual(await asked(), []);
  writeFileSync(config, xray([bob]));
  assert.deepEqual(await asked(), []);
  write(xray([alice, bob]));
  assert.deepEqual(await asked(), []);
});

test("neither names nor passwords are kept, and what is kept only its owner reads", async (context) => {
  const { directory, write, follow } = place(context, "config.json");
  write(xray([["alice", "a-long-secret"]]));
  const asked = follow();
  await asked();
  await asked();
  const [file, ...others] = readdirSync(directory);
  assert.deepEqual(others, []);
  const kept = readFileSync(join(directory, file as string), "utf8");
  assert.doesNotMatch(kept, /alice|a-long-secret/);
  writeFileSync(join(directory, file as string), "{}");
  await assert.rejects(follow()(), /who was seen before cannot be read from/);
});
