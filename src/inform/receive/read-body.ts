import { BodyError } from "./body-error.ts";

/** What {@link readBody} needs of a `Request`. */
export interface BodySource {
  /** The body's bytes; null where there is none. */
  readonly body: ReadableStream<Uint8Array> | null;
  /** For `Content-Length`. */
  readonly headers: Headers;
  /** Aborts when the sender is gone. */
  readonly signal?: AbortSignal | undefined;
}

/** Limits of {@link readBody}. */
export interface ReadBodyOptions {
  /** How many bytes the body may have as it is sent. */
  readonly maxBytes: number;
  /** How long the whole body may take. */
  readonly timeoutMs: number;
}

/**
 * Reads a body as it was sent, and no more of it than allowed: one that is too large is left where it crosses the
 * limit, at once where its length is declared.
 *
 * @throws BodyError with reason `too-large`, `slow` or `truncated`.
 */
export async function readBody(source: BodySource, { maxBytes, timeoutMs }: ReadBodyOptions): Promise<Uint8Array> {
  const declared = declaredLength(source.headers);
  if (declared !== undefined && declared > maxBytes) {
    void source.body?.cancel().catch(() => {});
    throw tooLarge(maxBytes);
  }
  const bytes = source.body === null ? new Uint8Array() : await readStream(source.body, source.signal);
  if (declared !== undefined && bytes.length < declared) {
    throw new BodyError("truncated", `the body ended after ${bytes.length} of ${declared} bytes`);
  }
  return bytes;

  async function readStream(body: ReadableStream<Uint8Array>, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const reader = body.getReader();
    const stop = (): void => void reader.cancel().catch(() => {}); // ends a read that waits, too
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      stop();
    }, timeoutMs);
    signal?.addEventListener("abort", stop);
    try {
      const chunks: Uint8Array[] = [];
      let length = 0;
      while (true) {
        const { done, value } = await reader.read();
        if (late) throw new BodyError("slow", `the body did not come whole within ${timeoutMs} ms`);
        if (signal?.aborted) throw new BodyError("truncated", `the sender broke off after ${length} bytes`);
        if (done) return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks, length);
        length += value.length;
        if (length > maxBytes) throw tooLarge(maxBytes);
        chunks.push(value);
      }
    } catch (cause) {
      stop();
      if (cause instanceof BodyError) throw cause;
      throw new BodyError("truncated", "the body broke off", { cause });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    }
  }
}

function declaredLength(headers: Headers): number | undefined {
  const text = headers.get("content-length");
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
}

function tooLarge(maxBytes: number): BodyError {
  return new BodyError("too-large", `the body has more than ${maxBytes} bytes`, {
    advice: "Send fewer rows at a time, or compress them.",
  });
}
