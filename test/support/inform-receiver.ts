import { request as httpRequest } from "node:http";
import { text } from "node:stream/consumers";
import { serveHandler } from "../../src/http/serve-handler.ts";
import type { BearerKey, KeyRight, SigningSecret } from "../../src/inform/keys/key.ts";
import { createKeyRing } from "../../src/inform/keys/key-ring.ts";
import { makeKey, makeSigningSecret, parseCredential } from "../../src/inform/keys/make-key.ts";
import { createInformReceiver, type InformReceiverOptions } from "../../src/inform/receive/receiver.ts";
import type { InformReceiverEvent } from "../../src/inform/receive/receiver-event.ts";
import type { SignatureSecret } from "../../src/inform/signature.ts";
import type { LedgerChanges, SentChanges } from "../../src/ledger/exchange/changes.ts";
import { changesJson } from "../../src/ledger/exchange/changes-json.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";

/** What a hub answered. */
export interface HubAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests say what is in it.
  readonly json: any;
}

/** Our receiver over HTTP on loopback, and keys to it. */
export interface ServedReceiver extends AsyncDisposable {
  readonly url: string;
  readonly ledger: Ledger;
  readonly events: readonly InformReceiverEvent[];
  /** Makes a key, printed. */
  key(node: string, rights?: readonly KeyRight[]): string;
  /** Makes a secret for signatures. */
  secret(node: string, rights?: readonly KeyRight[]): SignatureSecret;
  ask(path: string, headers?: Readonly<Record<string, string>>): Promise<HubAnswer>;
  post(path: string, body: string | Uint8Array, headers?: Readonly<Record<string, string>>): Promise<HubAnswer>;
  /** Posts changes of our own form with a key. */
  push(key: string, changes: SentChanges): Promise<HubAnswer>;
}

/** Serves a receiver; it ends with the test, and the ledger too. */
export async function startReceiver(
  ledger: Ledger,
  options: Partial<Omit<InformReceiverOptions, "ledger" | "keys">> = {},
): Promise<ServedReceiver> {
  const keys: BearerKey[] = [];
  const secrets: SigningSecret[] = [];
  const events: InformReceiverEvent[] = [];
  const handler = createInformReceiver({
    ledger,
    keys: { ring: async () => createKeyRing([{ keys, secrets }]) },
    onEvent: (event) => events.push(event),
    ...options,
  });
  const served = await serveHandler(handler, { listen: "127.0.0.1:0" });

  async function exchange(path: string, init: RequestInit): Promise<HubAnswer> {
    const response = await fetch(`${served.url}${path}`, init);
    const body = await response.text();
    return { status: response.status, headers: response.headers, json: body === "" ? undefined : JSON.parse(body) };
  }

  const receiver: ServedReceiver = {
    url: served.url,
    ledger,
    events,
    key(node, rights = ["usage"]) {
      const made = makeKey(node, rights);
      keys.push(made.key);
      return made.text;
    },
    secret(node, rights = ["usage"]) {
      const made = makeSigningSecret(node, rights);
      secrets.push(made.secret);
      return parseCredential(made.text) as SignatureSecret;
    },
    ask: (path, headers = {}) => exchange(path, { headers }),
    post: (path, body, headers = {}) =>
      exchange(path, {
        method: "POST",
        body: Buffer.from(body as string),
        headers: { "content-type": "application/json", ...headers },
      }),
    push: (key, changes) => receiver.post("/v1/inform", bodyOf(changes), bearer(key)),
    async [Symbol.asyncDispose]() {
      await served.close();
      await ledger.close();
    },
  };
  return receiver;
}

export function bearer(key: string): { readonly authorization: string } {
  return { authorization: `Bearer ${key}` };
}

/** A body of our own form. */
export function bodyOf(changes: SentChanges): string {
  return JSON.stringify({ version: 1, changes: changesJson(changes) });
}

/** All that a ledger has. */
export async function allChanges(ledger: Ledger): Promise<LedgerChanges> {
  return ledger.changes({ limit: 1_000_000 });
}

/** Sends a request by hand: a body in pieces, with headers that fetch would not send. */
export async function rawPost(
  url: string,
  headers: Readonly<Record<string, string>>,
  send: (write: (chunk: Uint8Array) => boolean, end: () => void) => void,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: "POST", headers });
    request.on("response", (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    request.on("error", reject);
    send(
      (chunk) => request.write(chunk),
      () => request.end(),
    );
  });
}
