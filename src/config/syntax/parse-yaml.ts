import { Composer, type CST, type Document, type ErrorCode, Lexer, Parser } from "yaml";
import type { ConfigTarget } from "../target.ts";
import type { Blemish, ConfigDocument } from "./document.ts";
import type { SourceFile } from "./node.ts";
import { buildYamlNodes } from "./parse-yaml-nodes.ts";
import { SyntaxProblem } from "./syntax-problem.ts";

/** The library goes down by recursion, and runs out of stack at some 700. */
const maxDepth = 200;
const maxLength = 16_000_000;
/** Names, values, signs and blanks: about 50,000 users of three lines. The library needs up to 1 KB for each. */
const maxTokens = 1_500_000;

/** The commonest mistakes, said for people who do not know YAML's own words. */
const plainer: Readonly<Partial<Record<ErrorCode, string>>> = {
  BLOCK_AS_IMPLICIT_KEY: "there is a value before this colon already; look at the indentation here and below",
  TAB_AS_INDENT: "tabs do not indent in YAML; write blanks",
};

/** What the cores' reader refuses wherever it stands. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controls = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/;

/**
 * Reads the first document of a YAML file, as the cores do; what follows is a blemish. Aliases and `<<` are resolved:
 * what they stand for has the place of the alias, while the names in it have theirs.
 *
 * @param target - Xray reads `yes`, `on` and `y` as true, lets the last of two members of one name win and lets `<<` win
 * over what stands before it. For all others it is read as by V2Ray 5, which refuses two members of one name.
 * @throws SyntaxProblem where it is not YAML, or is nothing that the core can make JSON of.
 */
export function parseYaml(file: SourceFile, target: ConfigTarget = "v2ray5"): ConfigDocument {
  const document = readFirstDocument(file);
  const [error] = document.errors;
  if (error !== undefined)
    throw new SyntaxProblem(file, error.pos[0], plainer[error.code] ?? lowerFirst(error.message));
  const version = document.directives.yaml;
  if (version.explicit === true && version.version !== "1.1")
    throw new SyntaxProblem(file, Math.max(file.text.indexOf("%YAML"), 0), "V2Ray and Xray refuse every %YAML but 1.1");
  const root = buildYamlNodes(file, document, target === "xray" ? 2 : 3);
  return { file, root, blemishes: blemishesAfter(file.text, document.range[2]) };
}

function readFirstDocument(file: SourceFile): Document.Parsed {
  const { text } = file;
  if (text.length > maxLength)
    throw new SyntaxProblem(
      file,
      0,
      `a YAML file of more than ${maxLength / 1e6} million characters is not read; write it as JSON`,
    );
  const control = controls.exec(text);
  if (control !== null) throw new SyntaxProblem(file, control.index, "a control character stands here");
  // Every scalar stays a text, for the cores have their own idea of its meaning.
  const composer = new Composer({ schema: "failsafe", resolveKnownTags: false, uniqueKeys: false, logLevel: "silent" });
  const parser = new Parser();
  let tokens = 0;
  let composed = false;
  const compose = (token: CST.Token): void => {
    for (const _ of composer.next(token));
    composed ||= token.type === "document";
  };
  // The library would keep an error for each of a million such signs.
  let before = "";
  for (const lexeme of new Lexer().lex(text)) {
    const at = parser.offset;
    if (++tokens > maxTokens)
      throw new SyntaxProblem(file, at, "so many values are not read from a YAML file; write it as JSON");
    if (/^[,&!]/.test(lexeme) && lexeme[0] === before)
      throw new SyntaxProblem(file, at, `${before} cannot follow another one here`);
    if (!/^(?:\s|#)/.test(lexeme)) before = lexeme.charAt(0);
    for (const token of parser.next(lexeme)) compose(token);
    if (composed && parser.stack.length > 0) break;
    if (parser.stack.length > maxDepth)
      throw new SyntaxProblem(file, at, `values are nested more than ${maxDepth} deep here`);
  }
  if (!composed) for (const token of parser.end()) compose(token);
  const [document] = composer.end(true, text.length);
  return document as Document.Parsed;
}

/** What follows the first document, unless that is comments and empty documents. */
function blemishesAfter(text: string, end: number): Blemish[] {
  const nothing = /\s+|#[^\n]*|---|\.\.\./y;
  nothing.lastIndex = end;
  let at = end;
  while (nothing.test(text)) at = nothing.lastIndex;
  return at < text.length ? [{ kind: "text-after-end", start: at, end: text.length }] : [];
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
