import { StatsError } from "../errors/stats-error.ts";
import { escapeControls } from "../internal/escape-controls.ts";

/** Walks over a text from front to back and looks at each character once. Every `take` first skips blanks. */
export interface TextScanner {
  /** Takes one character; false where another comes. */
  take(character: string): boolean;
  /** Takes one character. */
  expect(character: string): void;
  /** Takes letters, digits and `_`, `+`, `-`, `.`; `""` where none of them comes. */
  takeWord(): string;
  /** Takes a text between quotes, on one line, and leaves its escapes as they are; `undefined` where no quote comes. */
  takeQuoted(quotes: string): string | undefined;
  /** True where only blanks are left. */
  isAtEnd(): boolean;
  /** The error for what was taken last or could not be taken; without an advice of its own it gets the general one. */
  error(problem: string, advice?: string): StatsError;
  /** The error for something else than expected. */
  unexpected(expected: string): StatsError;
}

const backslash = 0x5c;
const defaultAdvice =
  "Save the whole output of `v2ctl api StatsService.QueryStats`, `xray api statsquery`, `v2ray api stats -json` " +
  "or `v2ray-stats query --json`.";

/** Makes a scanner that stands at the start of the text. */
export function createTextScanner(text: string): TextScanner {
  let position = text.startsWith("\ufeff") ? 1 : 0;
  let tokenStart = position;

  function startToken(): void {
    while (isBlank(text.charCodeAt(position))) position += 1;
    tokenStart = position;
  }

  function error(problem: string, advice = defaultAdvice): StatsError {
    const message = `cannot read counters, line ${lineOf(text, tokenStart)}: ${problem}`;
    return new StatsError("malformed", message, { advice });
  }

  function unexpected(expected: string): StatsError {
    if (tokenStart === text.length) return error(`expected ${expected}, but the text ends`);
    const [found = ""] = text.slice(tokenStart, tokenStart + 60).split("\n", 1);
    return error(`expected ${expected}, found ${escapeControls(found.trim())}`);
  }

  function take(character: string): boolean {
    startToken();
    if (text[position] !== character) return false;
    position += 1;
    return true;
  }

  return {
    take,
    expect(character) {
      if (!take(character)) throw unexpected(character);
    },
    takeWord() {
      startToken();
      while (/[\w+.-]/.test(text.charAt(position))) position += 1;
      return text.slice(tokenStart, position);
    },
    takeQuoted(quotes) {
      startToken();
      if (position === text.length || !quotes.includes(text.charAt(position))) return undefined;
      const quote = text.charCodeAt(position);
      for (let end = position + 1; end < text.length; end += 1) {
        const code = text.charCodeAt(end);
        if (code === 0x0a) break;
        if (code === backslash) end += 1;
        if (code === quote) {
          position = end + 1;
          return text.slice(tokenStart + 1, end);
        }
      }
      throw error("a text in quotes that does not end");
    },
    isAtEnd() {
      startToken();
      return position === text.length;
    },
    error,
    unexpected,
  };
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

function lineOf(text: string, position: number): number {
  let line = 1;
  for (let end = text.indexOf("\n"); end >= 0 && end < position; end = text.indexOf("\n", end + 1)) line += 1;
  return line;
}
