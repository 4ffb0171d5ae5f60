// The receiver among the routes of a Hono application.
//   node examples/inform-hono.ts
import { Hono } from "hono";
import { createInformReceiver, createKeyRing, makeKey, serveHandler } from "v2ray-stats/inform";
import { openMemoryLedger } from "v2ray-stats/ledger";

await using ledger = openMemoryLedger();
const { text, key } = makeKey("fra-1", ["usage"]);
const ring = createKeyRing([{ keys: [key], secrets: [] }]);
const receiver = createInformReceiver({ ledger, keys: { ring: async () => ring } });

const app = new Hono<{ Bindings: { remoteAddress?: string | undefined } }>();
app.get("/", (context) => context.text("a hub"));
app.all("/stats/*", (context) => receiver(context.req.raw, { remoteAddress: context.env.remoteAddress }));

// Any server for Hono does; only then the address is to be had from that one.
await using served = await serveHandler(async (request, info) => app.fetch(request, info ?? {}), {
  listen: "127.0.0.1:0",
});

const health = await fetch(`${served.url}/stats/v1/health`);
console.log(await health.json());
const held = await fetch(`${served.url}/stats/v1/held?sender=a-ledger`, {
  headers: { authorization: `Bearer ${text}` },
});
console.log(held.status);
