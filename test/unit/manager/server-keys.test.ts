import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { followKeys } from "../../../src/manager/server/follow-keys.ts";
import { parseKeysFile } from "../../../src/manager/server/keys-file.ts";
import { keysOfConfig } from "../../../src/manager/server/keys-of-config.ts";
import type { ServedKey } from "../../../src/manager/server/served-key.ts";
import { countSharers, findKey } from "../../../src/manager/server/served-key.ts";
import { clientConfig, serverConfig } from "../../support/configs.ts";

const first = "e731f153-4f31-49d3-9e8f-ff8f396135ef";
const second = "e731f153-4f31-49d3-9e8f-ff8f396135ee";
const ports = { api: 10_085, vmess: 10_001 };

for (const kind of ["v2ray4", "v2ray5", "xray", "sing-box"] as const) {
  test(`${kind}: users are keys, by e-mail, with their UUID and port; the API is none`, () => {
    const text = JSON.stringify(serverConfig(kind, { ports }).json);
    assert.deepEqual(keysOfConfig(text), [
      {
        id: "auser",
        name: "auser",
        uuids: [first],
        counter: { scope: "user", subject: "auser" },
        ports: [{ from: 10_001, to: 10_001 }],
        isActive: true,
      },
      {
        id: "buser",
        name: "buser",
        uuids: [second],
        counter: { scope: "user", subject: "buser" },
        ports: [{ from: 10_001, to: 10_001 }],
        isActive: true,
      },
    ]);
  });

  test(`${kind}: an inbound without users is a key, by tag and port`, () => {
    const text = JSON.stringify(clientConfig(kind, { ports: { api: 10_085, socks: 1080, vmess: 10_001 } }).json);
    const keys = keysOfConfig(text);
    assert.deepEqual(
      keys.map(({ id, counter }) => [id, counter.scope]),
      [["socks-in", "inbound"]],
    );
    assert.equal(findKey(keys, "1080"), keys[0]);
  });
}

test("v2ray5-jsonv5: users with an e-mail are keys; the short form has none, so its inbound is one", () => {
  const account = { "@type": "types.v2fly.org/v2ray.core.proxy.vmess.Account", id: first };
  const keys = keysOfConfig(
    JSON.stringify({
      inbounds: [
        {
          ...{ tag: "vmess-in", listen: "127.0.0.1", port: 3307, protocol: "#v2ray.core.proxy.vmess.inbound.Config" },
          settings: { user: [{ email: "auser", level: 0, account }] },
        },
        { tag: "short-in", listen: "127.0.0.1", port: 3308, protocol: "vmess", settings: { users: [second] } },
      ],
      services: { stats: {} },
    }),
    { core: "v2ray5-jsonv5" },
  );
  assert.deepEqual(
    keys.map(({ id, uuids, counter, ports }) => [id, uuids, counter.scope, ports[0]?.from]),
    [
      ["auser", [first], "user", 3307],
      ["short-in", [], "inbound", 3308],
    ],
  );
});

test("YAML and TOML, a user in two inbounds, a name like a tag, and passwords that stay secret", () => {
  const yaml = `inbounds:
  - { tag: alice, port: 443, protocol: trojan, settings: { clients: [{ email: alice, password: hunter2 }] } }
  - { tag: b, port: "1000-1010", protocol: vless, settings: { clients: [{ email: alice, id: ${first.toUpperCase()} }] } }
`;
  const [key, ...others] = keysOfConfig([{ name: "config.yaml", text: yaml }], { core: "xray" });
  assert.deepEqual(others, []);
  assert.deepEqual(key?.uuids, [first]);
  assert.deepEqual(key?.ports, [
    { from: 443, to: 443 },
    { from: 1000, to: 1010 },
  ]);
  const toml = `[[inbounds]]\ntag = "t"\nport = 5\nprotocol = "vless"\n[[inbounds.settings.clients]]\nid = "${second}"\nemail = "t"\n[[inbounds]]\ntag = "t"\nport = 6\nprotocol = "socks"\n`;
  const ofToml = keysOfConfig([{ name: "config.toml", text: toml }], { core: "xray" });
  assert.deepEqual(
    ofToml.map(({ id }) => id),
    ["t", "inbound:t"],
  );
  assert.ok(!JSON.stringify([key, ofToml]).includes("hunter2"));
});

test("a password that looks like a UUID is a password", () => {
  const inbounds = [
    { port: 1080, protocol: "socks", settings: { auth: "password", accounts: [{ user: "alice", pass: first }] } },
    { port: 443, protocol: "trojan", settings: { clients: [{ email: "bob", password: second }] } },
  ];
  const keys = keysOfConfig(JSON.stringify({ inbounds }), { core: "xray" });
  assert.deepEqual(
    keys.map(({ id, uuids }) => [id, uuids]),
    [
      ["alice", []],
      ["bob", []],
    ],
  );
  assert.ok(!JSON.stringify(keys).includes(first.slice(0, 8)));
});

test("a user called like a UUID is known by it, and __proto__ is a name", () => {
  const text = JSON.stringify({
    inbounds: [
      { port: 1, protocol: "trojan", settings: { clients: [{ email: first, password: "x" }, { email: "__proto__" }] } },
    ],
  });
  const keys = keysOfConfig(text);
  assert.equal(findKey(keys, first.toUpperCase())?.id, first);
  assert.equal(findKey(keys, "__proto__")?.id, "__proto__");
});

test("a key is found by id before UUID, e-mail or port, and never among several", () => {
  const keys = parseKeysFile(
    JSON.stringify([
      { id: "1", uuid: first, port: 10_001 },
      { id: "2", uuid: second, email: "b@example.org", port: 10_002 },
      { id: "3", inbound: "in", port: 10_002 },
      { id: "10001", email: "c@example.org" },
    ]),
  );
  const found = (text: string): string | undefined => findKey(keys, text)?.id;
  assert.equal(found("1"), "1");
  assert.equal(found(first), "1");
  assert.equal(found("b@example.org"), "2");
  assert.equal(found("in"), "3");
  assert.equal(found("10001"), "10001");
  assert.equal(found("10002"), undefined);
  assert.equal(found(""), undefined);
  assert.equal(found("constructor"), undefined);
});

test("the keys that share a port with one are counted, in ranges and among several ports", () => {
  const key = (id: string, ...ports: [from: number, to: number][]): ServedKey => {
    const ranges = ports.map(([from, to]) => ({ from, to }));
    return { id, name: id, uuids: [], counter: { scope: "user", subject: id }, ports: ranges, isActive: true };
  };
  const served = [
    key("alone", [1, 1]),
    key("a", [443, 443]),
    key("b", [443, 443], [8443, 8443]),
    key("c", [8443, 8443]),
    key("range", [440, 450]),
    key("none"),
  ];
  const sharersOf = countSharers(served);
  const counts = served.map((each) => [each.id, sharersOf(each)]);
  // Of a range its first port counts, which is the one that is told.
  assert.deepEqual(counts, [
    ["alone", 1],
    ["a", 3],
    ["b", 4],
    ["c", 2],
    ["range", 1],
    ["none", 0],
  ]);
});

test("a keys file as the manager writes it; what is none is refused without showing it", () => {
  const [key] = parseKeysFile(
    JSON.stringify({
      keys: [
        {
          ...{ id: "c0ffee", name: "alice@example.org", uuid: first, created_at: "2025-10-30T09:15:02.114200" },
          ...{ is_active: false, port: 10_001, short_id: "0123456789abcdef" },
        },
      ],
    }),
  );
  assert.deepEqual(key, {
    ...{ id: "c0ffee", name: "alice@example.org", uuids: [first], counter: { scope: "user", subject: first } },
    ...{ ports: [{ from: 10_001, to: 10_001 }], createdAt: "2025-10-30T09:15:02.114200", isActive: false },
    shortId: "0123456789abcdef",
  });
  for (const text of ["", "secret", "{}", '[{"port":0}]', '["secret"]', '[{"id":"secret"}]']) {
    assert.throws(
      () => parseKeysFile(text),
      (error: Error) => error instanceof TypeError && !error.message.includes("secret"),
    );
  }
});

test("several files, and all configurations of a directory in the order of their names", async () => {
  const directory = mkdtempSync(join(tmpdir(), "v2ray-stats-keys-"));
  try {
    const write = (name: string, tag: string): string => {
      const file = join(directory, name);
      writeFileSync(file, JSON.stringify({ inbounds: [{ tag, port: 1, protocol: "socks" }] }));
      return file;
    };
    const read = async (...paths: string[]): Promise<string[]> =>
      (await followKeys(paths, (files) => keysOfConfig(files, { core: "xray" }))()).map(({ id }) => id);
    const [second, first] = [write("20.json", "second"), write("10.json", "first")];
    writeFileSync(join(directory, "notes.txt"), "not a configuration");
    assert.deepEqual(await read(directory), ["first", "second"]);
    assert.deepEqual(await read(first), ["first"]);
    assert.deepEqual(await read(first, second), ["first", "second"]);
    const keys = followKeys([directory], (files) => keysOfConfig(files, { core: "xray" }));
    assert.equal((await keys()).length, 2);
    write("30.json", "third");
    assert.equal((await keys()).length, 3, "a new file is found");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test("files are read again when they change, and keep the last good keys while they cannot be read", async () => {
  const directory = mkdtempSync(join(tmpdir(), "v2ray-stats-keys-"));
  try {
    const file = join(directory, "keys.json");
    const told: string[] = [];
    let parsed = 0;
    const keys = followKeys(
      [file],
      ([read]) => {
        parsed++;
        return parseKeysFile(read?.text ?? "");
      },
      (error) => told.push(error.message),
    );
    await assert.rejects(keys(), /ENOENT/);
    writeFileSync(file, '[{"id":"a","email":"a"}]');
    assert.deepEqual(
      (await keys()).map(({ id }) => id),
      ["a"],
    );
    await Promise.all([keys(), keys(), keys()]);
    assert.equal(parsed, 1);
    writeFileSync(file, '[{"id":"b","email":"b"},{"id":"c","email":"c"}]');
    assert.deepEqual(
      (await keys()).map(({ id }) => id),
      ["b", "c"],
    );
    writeFileSync(file, "[half");
    assert.deepEqual(
      (await keys()).map(({ id }) => id),
      ["b", "c"],
    );
    assert.deepEqual(
      (await keys()).map(({ id }) => id),
      ["b", "c"],
    );
    rmSync(file);
    assert.deepEqual(
      (await keys()).map(({ id }) => id),
      ["b", "c"],
    );
    assert.equal(told.length, 3);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
