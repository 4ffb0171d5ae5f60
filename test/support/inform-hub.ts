import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import zlib from "node:zlib";
import type { MergeOptions } from "../../src/ledger/exchange/changes.ts";
import { type ChangesJson, parseChangesJson } from "../../src/ledger/exchange/changes-json.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";

/** A request as it came. */
export interface HubRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: IncomingMessage["headers"];
  /** As it was sent, compressed where it was. */
  readonly raw: Buffer;
  /** Of a body of ours. */
  readonly changes: ChangesJson | undefined;
}

/** What a hub does in place of its answer: a status, or the connection breaks before or after the merge. */
export type HubFault =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: object | string }
  | "break-before"
  | "break-after"
  | "twice";

/** A hub that merges what comes, behind a real server. */
export interface TestHub extends AsyncDisposable {
  readonly url: string;
  readonly requests: HubRequest[];
  /** Which of them brought changes. */
  bodies(): HubRequest[];
  /** Its ledger; may be exchanged for an older one. */
  ledger: Ledger;
  merge: MergeOptions;
  /** Is asked at each request. */
  fault: (request: HubRequest) => HubFault | undefined | Promise<HubFault | undefined>;
}

/** Starts a hub of no keys. It follows the wire alone, so that the sender is not tested against its own receiver. */
export async function startTestHub(ledger: Ledger): Promise<TestHub> {
  const hub = { ledger, merge: {} as MergeOptions, requests: [] as HubRequest[] };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });

  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(message);
    hub.requests.push(request);
    const fault = await whole.fault(request);
    if (fault === "break-before") return void message.socket.destroy();
    if (typeof fault === "object") {
      const body = typeof fault.body === "string" ? fault.body : JSON.stringify(fault.body ?? {});
      return void response.writeHead(fault.status, fault.headers).end(body);
    }
    if (fault === "twice") await serve(request);
    const body = await serve(request);
    if (fault === "break-after") return void message.socket.destroy();
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  }

  async function serve({ url, changes }: HubRequest): Promise<object> {
    if (url.pathname.endsWith("/v1/held"))
      return hub.ledger.held(url.searchParams.get("sender") ?? "", { node: url.searchParams.get("node") ?? undefined });
    if (changes === undefined) return {};
    const { nodes, held } = await hub.ledger.merge(parseChangesJson(changes), hub.merge);
    return { ledger: held.ledger, nodes: nodes.map((node) => ({ ...node, refused: node.refused ?? null })), held };
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const whole: TestHub = Object.assign(hub, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies: () => hub.requests.filter(({ method }) => method === "POST"),
    fault: () => undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
  return whole;
}

async function readRequest(message: IncomingMessage): Promise<HubRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  const raw = Buffer.concat(chunks);
  const url = new URL(message.url ?? "", "http://hub");
  let changes: ChangesJson | undefined;
  if (url.pathname.endsWith("/v1/inform")) {
    const encoding = message.headers["content-encoding"];
    const plain =
      encoding === "zstd"
        ? await promisify(zlib.zstdDecompress)(raw)
        : encoding === "gzip"
          ? await promisify(zlib.gunzip)(raw)
          : raw;
    ({ changes } = JSON.parse(plain.toString()) as { changes: ChangesJson });
  }
  return { url, method: message.method ?? "", headers: message.headers, raw, changes };
}
