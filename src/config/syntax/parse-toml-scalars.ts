import type { SourceFile } from "./node.ts";
import { SyntaxProblem } from "./syntax-problem.ts";

const quote = 0x22;
const hash = 0x23;
const apostrophe = 0x27;
const backslash = 0x5c;

const escapes: Readonly<Record<string, string>> = {
  b: "\b",
  t: "\t",
  n: "\n",
  f: "\f",
  r: "\r",
  '"': '"',
  "\\": "\\",
  // Not TOML's, but go-toml's, by which V2Ray 5 and Xray read.
  "/": "/",
};

const dateOrTime =
  /^(?:\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)?)?|\d\d:\d\d:\d\d(?:\.\d+)?)$/;

/** Goes through a TOML text: blank, comments, names, strings and the other simple values. */
export class TomlScanner {
  at = 0;
  readonly text: string;
  readonly #file: SourceFile;

  constructor(file: SourceFile) {
    this.text = file.text;
    this.#file = file;
  }

  fail(offset: number, reason: string): never {
    throw new SyntaxProblem(this.#file, Math.min(offset, this.text.length), reason);
  }

  /** Says what stands at the place where `expected` should. */
  failExpecting(expected: string): never {
    const rest = this.text.slice(this.at, this.at + 20);
    if (rest === "") this.fail(this.at, `the text ends where ${expected} should stand`);
    if (/^[\r\n]/.test(rest)) this.fail(this.at, `the line ends where ${expected} should stand`);
    const word = /^[^\s,=[\]{}"']+/.exec(rest)?.[0] ?? rest.slice(0, 1);
    this.fail(this.at, `${expected} should stand here, not ${JSON.stringify(word)}`);
  }

  /** Goes behind the blank on this line and answers with the code that comes then; NaN at the end. */
  skipSpace(): number {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x09) return code;
      this.at++;
    }
  }

  /** The same over lines and comments. */
  skipBlank(): number {
    for (;;) {
      const code = this.skipSpace();
      if (code === hash) this.#skipComment();
      else if (code === 0x0a || code === 0x0d) this.at++;
      else return code;
    }
  }

  /** Goes to the next line, before which nothing but a comment may stand. */
  endLine(): void {
    if (this.skipSpace() === hash) this.#skipComment();
    const code = this.text.charCodeAt(this.at);
    if (code !== 0x0a && code !== 0x0d && this.at < this.text.length) this.failExpecting("the end of the line");
  }

  #skipComment(): void {
    const lineEnd = this.text.indexOf("\n", this.at);
    this.at = lineEnd < 0 ? this.text.length : lineEnd;
  }

  /** Reads one name, with or without quotes. */
  readName(): string {
    const code = this.text.charCodeAt(this.at);
    if (code === quote || code === apostrophe) return this.readString(false);
    const start = this.at;
    while (isNameSign(this.text.charCodeAt(this.at))) this.at++;
    if (this.at === start) this.failExpecting("a name");
    return this.text.slice(start, this.at);
  }

  /** Reads the string that starts here, of one line or, where three quotes open it, of several. */
  readString(mayHaveLines: boolean): string {
    const { text, at } = this;
    const sign = text[at] as string;
    const long = mayHaveLines && text.startsWith(sign.repeat(3), at);
    const closing = long ? sign.repeat(3) : sign;
    const start = at + closing.length;
    const end = sign === "'" ? this.#endOfLiteral(start, closing) : this.#endOfBasic(start, closing);
    this.at = end + closing.length;
    // A line break right after the opening quotes is not part of the string.
    const first = long ? start + (/^\r?\n/.exec(text.slice(start, start + 2))?.[0].length ?? 0) : start;
    const content = text.slice(first, end);
    return sign === "'" || !content.includes("\\") ? content : this.#unescape(content, at);
  }

  #endOfLiteral(start: number, closing: string): number {
    const end = this.text.indexOf(closing, start);
    const lineEnd = closing.length === 3 ? -1 : this.text.slice(start, end < 0 ? undefined : end).search(/[\r\n]/);
    if (end < 0 || lineEnd >= 0) this.#failUnclosed(start, closing);
    return end;
  }

  #endOfBasic(start: number, closing: string): number {
    const { text } = this;
    for (let i = start; ; i++) {
      const code = text.charCodeAt(i);
      if (code === backslash) i++;
      else if (code === quote && text.startsWith(closing, i)) return i;
      else if (Number.isNaN(code)) this.#failUnclosed(start, closing);
      else if (code < 0x20 && code !== 0x09) {
        const isBreak = code === 0x0a || code === 0x0d;
        if (isBreak && closing.length === 1) this.#failUnclosed(start, closing);
        if (!isBreak) this.fail(i, "a control character stands in this string; write it as an escape");
      }
    }
  }

  #failUnclosed(start: number, closing: string): never {
    this.fail(start - closing.length, `this string is not closed${closing.length === 1 ? " on its line" : ""}`);
  }

  #unescape(content: string, start: number): string {
    return content.replace(
      /\\(?:([ \t\r\n]+)|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]?))/g,
      (all, blank, four, eight, sign) => {
        if (blank !== undefined) return "";
        const digits = four ?? eight;
        if (digits === undefined)
          return escapes[sign] ?? this.fail(start, `this string has an escape that TOML does not know: ${all}`);
        const code = Number.parseInt(digits, 16);
        // Go writes what is no character so.
        return code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? "\ufffd" : String.fromCodePoint(code);
      },
    );
  }

  /** Reads a number, a truth, or a date or time, which the cores take for its text. */
  readWord(): string | number | boolean {
    const start = this.at;
    const pattern = /\d{4}-\d\d-\d\d \d\d:[\w.:+-]*|[\w.:+-]+/y;
    pattern.lastIndex = start;
    const word = pattern.exec(this.text)?.[0];
    if (word === undefined) this.failExpecting("a value");
    const value = meaningOf(word);
    if (value === undefined) this.failExpecting("a value");
    if (typeof value === "number" && !Number.isFinite(value))
      this.fail(start, `${word.slice(0, 40)} is a number that no core takes`);
    this.at = start + word.length;
    return value;
  }
}

function isNameSign(code: number): boolean {
  const letter = code | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x5f;
}

/** What a word without quotes means; `undefined` where it is no value. */
function meaningOf(word: string): string | number | boolean | undefined {
  if (word === "true") return true;
  if (word === "false") return false;
  if (/^[+-]?(?:inf|nan)$/.test(word)) return Number.NaN;
  if (/^[+-]?(?:0|[1-9](?:_?\d)*)(?:\.\d(?:_?\d)*)?(?:[eE][+-]?\d(?:_?\d)*)?$/.test(word))
    return Number(word.replaceAll("_", ""));
  if (/^0(?:x[\da-fA-F](?:_?[\da-fA-F])*|o[0-7](?:_?[0-7])*|b[01](?:_?[01])*)$/.test(word))
    return Number(word.replaceAll("_", ""));
  return dateOrTime.test(word) ? word.replace(" ", "T") : undefined;
}
