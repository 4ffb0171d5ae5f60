// @grpc/grpc-js with @grpc/proto-loader, values as decimal strings.
import { type Client, credentials, loadPackageDefinition, type ServiceError } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { measure } from "./measure.ts";

interface Stat {
  readonly name: string;
  readonly value: string;
}

type Method<Request, Response> = (
  request: Request,
  callback: (error: ServiceError | null, response: Response) => void,
) => void;

interface StatsStub extends Client {
  readonly queryStats: Method<{ pattern: string }, { readonly stat: readonly Stat[] }>;
  readonly getStats: Method<{ name: string }, { readonly stat: Stat }>;
}

const file = "v2ray/core/app/stats/command/command.proto";

await measure((address) => {
  const definition = loadSync(file, { includeDirs: ["proto"], longs: String, defaults: true });
  // biome-ignore lint/suspicious/noExplicitAny: grpc-js builds the class at run time and gives it no type.
  const { v2ray } = loadPackageDefinition(definition) as any;
  const stub: StatsStub = new v2ray.core.app.stats.command.StatsService(address, credentials.createInsecure(), {
    "grpc.max_receive_message_length": -1,
  });
  return {
    async poll() {
      const { promise, settle } = answered<{ readonly stat: readonly Stat[] }>();
      stub.queryStats({ pattern: "" }, settle);
      return { counters: (await promise).stat.length };
    },
    async get(name) {
      const { promise, settle } = answered<{ readonly stat: Stat }>();
      stub.getStats({ name }, settle);
      return (await promise).stat.value;
    },
  };
});

function answered<Response>(): {
  promise: Promise<Response>;
  settle: (error: ServiceError | null, response: Response) => void;
} {
  let settle: (error: ServiceError | null, response: Response) => void = () => undefined;
  const promise = new Promise<Response>((resolve, reject) => {
    settle = (error, response) => (error === null ? resolve(response) : reject(error));
  });
  return { promise, settle };
}
