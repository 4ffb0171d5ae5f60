// A manager for tests: answers what it is told to, and remembers what it was asked.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ManagerClient, type ManagerClientOptions } from "../../src/manager/index.ts";

export const apiKey = "k3y-that-must-not-show";
export const id = "c0ffee00-1111-4222-8333-444455556666";
export const uuid = "5a1d6c0e-2f3b-4a77-9a55-0c1de0f7a001";

export function sample(name: string): string {
  return readFileSync(new URL(`../samples/manager/${name}.json`, import.meta.url), "utf8");
}

/** What a path answers: a text with 200, a status with a text, or whatever a function does. */
export type Answer =
  | string
  | readonly [number, string, Readonly<Record<string, string>>?]
  | ((request: IncomingMessage, response: ServerResponse) => void);

export interface TestManager extends AsyncDisposable {
  readonly url: string;
  /** What was asked, as `GET /api/…`, in order. */
  readonly asked: string[];
  /** The headers of the last request. */
  readonly headers: () => IncomingMessage["headers"];
  /** Changes what a path answers. */
  set(path: string, answer: Answer): void;
  client(options?: Partial<ManagerClientOptions>): ManagerClient;
}

/** Paths after `/api`; one that is not there answers as FastAPI does. */
export async function startManager(answers: Readonly<Record<string, Answer>>): Promise<TestManager> {
  const paths = new Map(Object.entries(answers));
  const asked: string[] = [];
  let headers: IncomingMessage["headers"] = {};
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    headers = request.headers;
    const answer = paths.get((request.url ?? "").replace(/^\/api/, "")) ?? ([404, '{"detail":"Not Found"}'] as const);
    if (typeof answer === "function") return answer(request, response);
    const [status, text, more] = typeof answer === "string" ? ([200, answer] as const) : answer;
    response.writeHead(status, { "content-type": "application/json", ...more }).end(text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    asked,
    headers: () => headers,
    set: (path, answer) => void paths.set(path, answer),
    client: (options) => new ManagerClient(url, { apiKey, timeoutMs: 20_000, ...options }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
