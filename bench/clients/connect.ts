// Plain connect-node with generated messages: all counters as `{ name, value: bigint }`.
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { StatsService } from "../../src/gen/v2ray/core/app/stats/command/command_pb.ts";
import { measure } from "./measure.ts";

await measure((address) => {
  const client = createClient(StatsService, createGrpcTransport({ baseUrl: `http://${address}` }));
  return {
    async poll() {
      const { stat } = await client.queryStats({});
      const counters = stat.map(({ name, value }) => ({ name, value }));
      return { counters: counters.length };
    },
    async get(name) {
      return (await client.getStats({ name })).stat?.value;
    },
  };
});
