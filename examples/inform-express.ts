// The receiver among the routes of an Express application.
//   node examples/inform-express.ts
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import express from "express";
import { createInformReceiver, createKeyRing, createNodeListener, makeKey } from "v2ray-stats/inform";
import { openMemoryLedger } from "v2ray-stats/ledger";

await using ledger = openMemoryLedger();
const { text, key } = makeKey("panel-1", ["usage", "totals"]);
const ring = createKeyRing([{ keys: [key], secrets: [] }]);
const receiver = createInformReceiver({ ledger, keys: { ring: async () => ring } });

const app = express();
app.use("/stats", createNodeListener(receiver)); // before whatever reads bodies
app.use(express.json());
app.get("/", (_request, response) => void response.send("a hub"));

await using server = app.listen(0, "127.0.0.1");
server.keepAliveTimeout = 90_000; // 3x-ui loses what it posts on a connection that is being closed
await once(server, "listening");
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const posted = await fetch(`${url}/stats/v1/inform/3x-ui/${text}`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ clientTraffics: [{ email: "alice", up: 100, down: 2000 }], inboundTraffics: [] }),
});
console.log(posted.status);
const answer = await fetch(`${url}/stats/v1/totals`, { headers: { authorization: `Bearer ${text}` } });
const { totals } = (await answer.json()) as { totals: { user: string; total: string }[] };
for (const { user, total } of totals) console.log(`${user}: ${total} bytes`);
