// A hub in a program of your own. A panel posts to it as 3x-ui does, and it answers for all nodes.
//   node examples/inform-hub.ts
import { createInformReceiver, createKeyRing, makeKey, serveHandler } from "v2ray-stats/inform";
import { openMemoryLedger } from "v2ray-stats/ledger";

// A real hub keeps both: `openPostgresLedger(pool)`, and `openKeyFiles(["keys.json"])`.
await using ledger = openMemoryLedger();
const { text, key } = makeKey("panel-1", ["usage", "totals"]);
const ring = createKeyRing([{ keys: [key], secrets: [] }]);

const receiver = createInformReceiver({
  ledger,
  keys: { ring: async () => ring },
  onEvent: ({ kind, node }) => console.log(kind, node),
});
await using served = await serveHandler(receiver, { listen: "127.0.0.1:0" });

// The key is in the address, as a panel can send no header.
await fetch(`${served.url}/v1/inform/3x-ui/${text}`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ clientTraffics: [{ email: "alice", up: 100, down: 2000 }], inboundTraffics: [] }),
});

const answer = await fetch(`${served.url}/v1/totals`, { headers: { authorization: `Bearer ${text}` } });
const { totals } = (await answer.json()) as { totals: { user: string; total: string }[] };
for (const { user, total } of totals) console.log(`${user}: ${total} bytes on all nodes`);
