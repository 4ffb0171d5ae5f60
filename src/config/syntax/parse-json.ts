import type { Blemish, ConfigDocument } from "./document.ts";
import { ConfigNode, type SourceFile } from "./node.ts";
import { SyntaxProblem } from "./syntax-problem.ts";

/** The cores' own decoder ends at 10,000; nobody writes a hundred. */
const maxDepth = 1000;
const none: ConfigNode[] = [];

const quote = 0x22;
const hash = 0x23;
const asterisk = 0x2a;
const comma = 0x2c;
const slash = 0x2f;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const byteOrderMark = 0xfeff;

/**
 * Reads JSON as the cores do, with `//`, `/* *\/` and `#` comments, and with what only some of them take as blemishes.
 *
 * A reader of our own, since no library knows `#` comments and the fastest one that keeps places takes ten times as
 * long as `JSON.parse`; this takes about four times as long (`npm run bench:config`).
 *
 * @throws SyntaxProblem where it is not JSON.
 */
export function parseJson(file: SourceFile): ConfigDocument {
  const reader = new JsonReader(file);
  return { file, root: reader.readDocument(), blemishes: reader.blemishes };
}

class JsonReader {
  readonly blemishes: Blemish[] = [];
  readonly #file: SourceFile;
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(file: SourceFile) {
    this.#file = file;
    this.#text = file.text;
  }

  readDocument(): ConfigNode {
    if (this.#text.charCodeAt(0) === byteOrderMark) {
      this.#at = 1;
      this.blemishes.push({ kind: "byte-order-mark", start: 0, end: 1 });
    }
    this.#skipBlank();
    if (this.#at >= this.#text.length) this.#fail(this.#at, "the file is empty");
    const root = this.#readValue(undefined, -1);
    const end = this.#at;
    // V2Ray and Xray stop reading here, so what follows need not be anything.
    const rest = /\S/.test(this.#text.slice(end));
    if (rest && !this.#onlyCommentsFollow())
      this.blemishes.push({ kind: "text-after-end", start: this.#at, end: this.#text.length });
    return root;
  }

  #onlyCommentsFollow(): boolean {
    try {
      this.#skipBlank();
    } catch (error) {
      if (error instanceof SyntaxProblem) return false;
      throw error;
    }
    return this.#at >= this.#text.length;
  }

  #fail(offset: number, reason: string): never {
    throw new SyntaxProblem(this.#file, Math.min(offset, this.#text.length), reason);
  }

  /** Says what stands at the place where `expected` should. */
  #failExpecting(expected: string): never {
    const found = this.#text[this.#at];
    if (found === undefined) this.#fail(this.#at, `the text ends where ${expected} should stand`);
    if (found === "'") this.#fail(this.#at, `${expected} should stand here; single quotes are not JSON, write "`);
    const word = /^[^\s,:[\]{}"]{1,20}/.exec(this.#text.slice(this.#at, this.#at + 20))?.[0] ?? found;
    this.#fail(this.#at, `${expected} should stand here, not ${JSON.stringify(word)}`);
  }

  /** Goes to the next sign that is neither blank nor comment and answers with its code; NaN at the end. */
  #skipBlank(): number {
    const text = this.#text;
    for (;;) {
      const code = text.charCodeAt(this.#at);
      if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) this.#at++;
      else if (code === hash || code === slash) this.#skipComment(code);
      else return code;
    }
  }

  #skipComment(code: number): void {
    const second = this.#text.charCodeAt(this.#at + 1);
    if (code === slash && second === asterisk) {
      const close = this.#text.indexOf("*/", this.#at + 2);
      if (close < 0) this.#fail(this.#at, "this comment is never closed");
      this.#at = close + 2;
    } else if (code === hash || second === slash) {
      const lineEnd = this.#text.indexOf("\n", this.#at);
      this.#at = lineEnd < 0 ? this.#text.length : lineEnd + 1;
    } else this.#failExpecting("a value");
  }

  #readValue(key: string | undefined, keyStart: number): ConfigNode {
    const code = this.#skipBlank();
    if (code === quote) {
      const start = this.#at;
      const value = this.#readString();
      return new ConfigNode("string", this.#file, key, keyStart, start, this.#at, value, none);
    }
    if (code === openBrace) return this.#readObject(key, keyStart);
    if (code === openBracket) return this.#readArray(key, keyStart);
    return this.#readWord(key, keyStart);
  }

  #readWord(key: string | undefined, keyStart: number): ConfigNode {
    const start = this.#at;
    const pattern = /[\w.+-]+/y;
    pattern.lastIndex = start;
    const word = pattern.exec(this.#text)?.[0] ?? "";
    const end = start + word.length;
    const value = scalarOf(word);
    if (value === undefined) this.#failExpecting("a value");
    this.#at = end;
    const kind = value === null ? "null" : (typeof value as "number" | "boolean");
    return new ConfigNode(kind, this.#file, key, keyStart, start, end, value, none);
  }

  #readObject(key: string | undefined, keyStart: number): ConfigNode {
    const start = this.#enter();
    const members: ConfigNode[] = [];
    let separated = true;
    for (;;) {
      const code = this.#skipBlank();
      if (code === closeBrace) break;
      if (!separated) this.#failExpecting("a comma or }");
      if (code !== quote) this.#failExpecting(`a name in double quotes or }`);
      const nameStart = this.#at;
      const name = this.#readString();
      if (this.#skipBlank() !== colon) this.#failExpecting("a colon");
      this.#at++;
      members.push(this.#readValue(name, nameStart));
      separated = this.#skipComma(closeBrace);
    }
    this.#leave();
    return new ConfigNode("object", this.#file, key, keyStart, start, this.#at, undefined, members);
  }

  #readArray(key: string | undefined, keyStart: number): ConfigNode {
    const start = this.#enter();
    const items: ConfigNode[] = [];
    let separated = true;
    for (;;) {
      const code = this.#skipBlank();
      if (code === closeBracket) break;
      if (!separated) this.#failExpecting("a comma or ]");
      items.push(this.#readValue(undefined, -1));
      separated = this.#skipComma(closeBracket);
    }
    this.#leave();
    return new ConfigNode("array", this.#file, key, keyStart, start, this.#at, undefined, items);
  }

  #enter(): number {
    if (++this.#depth > maxDepth) this.#fail(this.#at, `values are nested more than ${maxDepth} deep here`);
    return this.#at++;
  }

  #leave(): void {
    this.#at++;
    this.#depth--;
  }

  #skipComma(closing: number): boolean {
    if (this.#skipBlank() !== comma) return false;
    const start = this.#at++;
    if (this.#skipBlank() === closing) this.blemishes.push({ kind: "trailing-comma", start, end: start + 1 });
    return true;
  }

  /** Reads the string that starts here, and goes behind its closing quote. */
  #readString(): string {
    const text = this.#text;
    const start = this.#at;
    let escaped = false;
    let i = start + 1;
    for (;;) {
      const code = text.charCodeAt(i);
      if (code === quote) break;
      if (code === backslash) {
        escaped = true;
        i += 2;
        continue;
      }
      // Also false for NaN, at the end of the text.
      if (!(code >= 0x20)) this.#failInString(start, i);
      i++;
    }
    this.#at = i + 1;
    if (!escaped) return text.slice(start + 1, i);
    try {
      return JSON.parse(text.slice(start, i + 1)) as string;
    } catch {
      this.#fail(start, "this string has an escape that JSON does not know");
    }
  }

  #failInString(start: number, at: number): never {
    if (at >= this.#text.length || this.#text.charCodeAt(at) === 0x0a || this.#text.charCodeAt(at) === 0x0d)
      this.#fail(start, "this string is not closed on its line");
    this.#fail(at, "a control character stands in this string; write it as an escape");
  }
}

function scalarOf(word: string): number | boolean | null | undefined {
  if (word === "true") return true;
  if (word === "false") return false;
  if (word === "null") return null;
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(word) ? Number(word) : undefined;
}
