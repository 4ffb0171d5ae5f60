// The receiver among the routes of a Fastify application.
//   node examples/inform-fastify.ts
import fastify from "fastify";
import { createInformReceiver, createKeyRing, createNodeListener, makeKey } from "v2ray-stats/inform";
import { openMemoryLedger } from "v2ray-stats/ledger";

await using ledger = openMemoryLedger();
const { text, key } = makeKey("panel-1", ["usage", "totals"]);
const ring = createKeyRing([{ keys: [key], secrets: [] }]);
const receiver = createInformReceiver({ ledger, keys: { ring: async () => ring } });
const listener = createNodeListener(receiver);

// 3x-ui loses what it posts on a connection that is being closed.
await using app = fastify({ keepAliveTimeout: 90_000 });
app.get("/", async () => "a hub");
app.register(async (scope) => {
  // Nothing is to read the body before the receiver does.
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", (_request, _body, done) => done(null));
  scope.all("/stats/*", (request, reply) => {
    reply.hijack();
    listener(request.raw, reply.raw);
  });
});

const url = await app.listen({ host: "127.0.0.1", port: 0 });
const posted = await fetch(`${url}/stats/v1/inform/3x-ui/${text}`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ clientTraffics: [{ email: "alice", up: 100, down: 2000 }], inboundTraffics: [] }),
});
console.log(posted.status);
const answer = await fetch(`${url}/stats/v1/totals`, { headers: { authorization: `Bearer ${text}` } });
const { totals } = (await answer.json()) as { totals: { user: string; total: string }[] };
for (const { user, total } of totals) console.log(`${user}: ${total} bytes`);
