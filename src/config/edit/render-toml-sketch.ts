import type { ConfigNode } from "../syntax/node.ts";
import type { TomlName, TomlPair, TomlSection } from "../syntax/parse-toml.ts";
import type { PlainValue } from "./plain-value.ts";
import { partIndent, renderBrackets } from "./render-brackets.ts";
import { addTo, nameOf, type PlacedPair, type TomlIndex } from "./render-toml-index.ts";
import { writeTomlLines, writeTomlValue } from "./render-toml-values.ts";
import type { TextEdit } from "./text-edit.ts";
import { isFirstOnLine, isLastOnLine, lineEndOf, lineStartOf, removeLines } from "./text-lines.ts";

/** A pair or item between brackets. */
interface Part {
  readonly start: number;
  readonly end: number;
  readonly what: TomlPair | ConfigNode;
}

/** What becomes of a table or list between brackets. */
interface BracketPlan {
  readonly gone: Set<TomlPair | ConfigNode>;
  readonly before: Map<ConfigNode, PlainValue[]>;
  readonly items: PlainValue[];
  readonly pairs: string[];
}

/** Collects what is to go from a TOML file and what is to come, and makes edits of it. */
export class TomlSketch {
  readonly eol: string;
  readonly #text: string;
  readonly #index: TomlIndex;
  readonly #unit: string;
  readonly #gonePairs = new Set<TomlPair>();
  readonly #goneSections = new Set<TomlSection>();
  readonly #linesBehind = new Map<TomlPair, string[]>();
  readonly #firstLines = new Map<TomlSection, string[]>();
  readonly #sectionsBefore = new Map<TomlSection, string[]>();
  readonly #sectionsInstead = new Map<TomlSection, readonly string[]>();
  readonly #sectionsBehind = new Map<TomlSection, string[]>();
  readonly #headers = new Map<ConfigNode, { path: string; lines: string[] }>();
  readonly #brackets = new Map<ConfigNode, BracketPlan>();
  readonly #values: TextEdit[] = [];

  constructor(text: string, index: TomlIndex) {
    this.#text = text;
    this.#index = index;
    this.eol = /\r?\n/.exec(text)?.[0] ?? "\n";
    this.#unit = /\n([ \t]+)\S/.exec(text)?.[1] ?? "  ";
  }

  /** Takes out a member or item with all that makes it. */
  remove(node: ConfigNode): void {
    const pairs = this.#index.pairsOf(node);
    const sections = this.#index.sectionsOf(node);
    for (const { pair, owner } of pairs) {
      if ("pairs" in owner) this.#gonePairs.add(pair);
      else this.#plan(owner).gone.add(pair);
    }
    for (const section of sections) {
      this.#goneSections.add(section);
      for (const pair of section.pairs) this.#gonePairs.add(pair);
    }
    if (pairs.length + sections.length === 0) this.#plan(this.#index.parentOf(node) as ConfigNode).gone.add(node);
  }

  /** Puts a text in the place of a value. */
  put({ start, end }: ConfigNode, text: string): void {
    this.#values.push({ start, end, text });
  }

  /** Adds a line to a section, behind its last one. */
  addLine(section: TomlSection, line: string): void {
    const last = section.pairs.at(-1);
    if (last === undefined) addTo(this.#firstLines, section, line);
    else addTo(this.#linesBehind, last, line);
  }

  addLineBehind(pair: TomlPair, line: string): void {
    addTo(this.#linesBehind, pair, line);
  }

  /** Adds a line to a table that has no header yet: it gets one, before those of the tables in it. */
  addHeader(table: ConfigNode, path: string, line: string): void {
    const header = this.#headers.get(table) ?? { path, lines: [] };
    header.lines.push(line);
    this.#headers.set(table, header);
  }

  addBefore(section: TomlSection, sections: readonly string[]): void {
    for (const each of sections) addTo(this.#sectionsBefore, section, each);
  }

  /** Puts others in the place of a section that goes. */
  putInstead(section: TomlSection, sections: readonly string[]): void {
    this.#sectionsInstead.set(section, sections);
  }

  addBehind(section: TomlSection, sections: readonly string[]): void {
    for (const each of sections) addTo(this.#sectionsBehind, section, each);
  }

  /** Adds `name = value` to an inline table. */
  addInline(table: ConfigNode, pair: string): void {
    this.#plan(table).pairs.push(pair);
  }

  /** Adds an item to a list in brackets, before the one given or at the end. */
  addItem(list: ConfigNode, before: ConfigNode | undefined, value: PlainValue): void {
    const plan = this.#plan(list);
    if (before === undefined) plan.items.push(value);
    else addTo(plan.before, before, value);
  }

  #plan(node: ConfigNode): BracketPlan {
    const plan = this.#brackets.get(node) ?? { gone: new Set(), before: new Map(), items: [], pairs: [] };
    this.#brackets.set(node, plan);
    return plan;
  }

  /** Gives a name another spelling wherever it stands. */
  rename(node: ConfigNode, key: string): void {
    const pairs = this.#index.pairsOf(node).filter(({ pair, owner }) => !this.#isGone(pair, owner));
    const sections = this.#index.sectionsOf(node).filter((section) => !this.#goneSections.has(section));
    for (const { names } of [...pairs.map(({ pair }) => pair), ...sections]) {
      const name = nameOf(names, node);
      if (name !== undefined) this.#values.push({ start: name.start, end: name.end, text: key });
    }
  }

  #isGone(pair: TomlPair, owner: PlacedPair["owner"]): boolean {
    return "pairs" in owner ? this.#gonePairs.has(pair) : this.#plan(owner).gone.has(pair);
  }

  edits(): TextEdit[] {
    for (const [table, { path, lines }] of this.#headers) {
      const [first] = this.#index.sectionsOf(table) as readonly [TomlSection];
      // Before the sections of the tables in it.
      const before = this.#sectionsBefore.get(first) ?? [];
      this.#sectionsBefore.set(first, [[`[${path}]`, ...lines].join(this.eol), ...before]);
    }
    const edits = [
      ...this.#index.sections.flatMap((section) => this.#sectionEdits(section)),
      ...[...this.#brackets].flatMap(([node, plan]) => this.#bracketEdits(node, plan)),
      ...this.#values,
    ];
    // A first line that goes leaves its break to what comes behind it.
    return edits.map((edit) => {
      const kept =
        edit.text === "" && edit.start <= 1
          ? edits.find(({ start }) => start > edit.start && start < edit.end)
          : undefined;
      return kept === undefined ? edit : { ...edit, end: kept.start };
    });
  }

  #sectionEdits(section: TomlSection): TextEdit[] {
    const { pairs, start, headerEnd } = section;
    const instead = this.#sectionsInstead.get(section) ?? [];
    const edits = this.#before(section, [...(this.#sectionsBefore.get(section) ?? []), ...instead]);
    if (this.#goneSections.has(section)) edits.push(this.#removal(start, headerEnd));
    const first = this.#firstLines.get(section) ?? [];
    edits.push(...(start < headerEnd ? this.#below(start, headerEnd, first) : this.#onTop(first)));
    for (const pair of pairs) {
      const lines = this.#linesBehind.get(pair) ?? [];
      const span = spanOf(pair);
      if (!this.#gonePairs.has(pair)) edits.push(...this.#below(span.start, span.end, lines));
      else if (lines.length === 0) edits.push(this.#removal(span.start, span.end));
      else edits.push({ ...span, text: lines.join(this.eol + this.#indentOf(span.start)) });
    }
    return [...edits, ...this.#behind(section, this.#sectionsBehind.get(section))];
  }

  #indentOf(start: number): string {
    return /^[ \t]*/.exec(this.#text.slice(lineStartOf(this.#text, start), start))?.[0] ?? "";
  }

  /** Lines below the one that stands from `start` to `end`. */
  #below(start: number, end: number, lines: readonly string[]): TextEdit[] {
    if (lines.length === 0) return [];
    const at = lineEndOf(this.#text, end);
    return [{ start: at, end: at, text: lines.map((line) => this.eol + this.#indentOf(start) + line).join("") }];
  }

  /** The first lines of a file that starts with a header, or has none. */
  #onTop(lines: readonly string[]): TextEdit[] {
    if (lines.length === 0) return [];
    const [, next] = this.#index.sections;
    const text = lines.join(this.eol);
    return next === undefined ? [this.#atEnd(text)] : this.#before(next, [text]);
  }

  #atEnd(written: string): TextEdit {
    const at = this.#text.length;
    const eol = /[^\n\ufeff]$/.test(this.#text) ? this.eol : "";
    return { start: at, end: at, text: eol + written + this.eol };
  }

  /** Sections before one, above the comments that belong to it. */
  #before({ start }: TomlSection, written: readonly string[]): TextEdit[] {
    if (written.length === 0) return [];
    const text = this.#text;
    const blank = this.eol + this.eol;
    let top = lineStartOf(text, start);
    for (let above = top; above > 1; ) {
      above = lineStartOf(text, above - 1);
      if (!/^[ \t]*#/.test(text.slice(above, lineEndOf(text, above)))) break;
      top = above;
    }
    if (top <= 1) return [{ start: top, end: top, text: written.join(blank) + blank }];
    const at = lineEndOf(text, lineStartOf(text, top - 1));
    return [{ start: at, end: at, text: this.eol + written.join(blank) + this.eol }];
  }

  #behind({ pairs, headerEnd, names }: TomlSection, written: readonly string[] | undefined): TextEdit[] {
    if (written === undefined) return [];
    const blank = this.eol + this.eol;
    const last = pairs.at(-1);
    if (last === undefined && names.length === 0) return [this.#atEnd(written.join(blank))];
    const at = lineEndOf(this.#text, last === undefined ? headerEnd : spanOf(last).end);
    return [{ start: at, end: at, text: blank + written.join(blank) }];
  }

  /** Takes out a line; a comment on it stays. */
  #removal(start: number, end: number): TextEdit {
    if (isFirstOnLine(this.#text, start) && isLastOnLine(this.#text, end)) return removeLines(this.#text, start, end);
    const blank = /[ \t]*/y;
    blank.lastIndex = end;
    return { start, end: end + (blank.exec(this.#text)?.[0].length ?? 0), text: "" };
  }

  #bracketEdits(node: ConfigNode, { gone, before, items, pairs }: BracketPlan): TextEdit[] {
    const parts: Part[] =
      this.#index.inline.get(node)?.map((pair) => ({ ...spanOf(pair), what: pair })) ??
      node.children
        .filter((child) => this.#index.ownSection(child) === undefined)
        .map((child) => ({ start: child.start, end: child.end, what: child }));
    const indent = partIndent(this.#text, parts);
    const write = (value: PlainValue): string =>
      indent === undefined ? writeTomlValue(value) : writeTomlLines(value, this.eol, this.#unit, indent);
    const placed = parts.flatMap((part) => {
      const values = before.get(part.what as ConfigNode);
      return values === undefined ? [] : [[part, values.map(write)] as const];
    });
    return renderBrackets(this.#text, this.eol, {
      start: node.start,
      end: node.end,
      parts,
      isGone: ({ what }) => gone.has(what),
      before: new Map(placed),
      behind: [...pairs, ...items.map(write)],
    });
  }
}

function spanOf({ names }: TomlPair): { start: number; end: number } {
  return { start: (names[0] as TomlName).start, end: (names.at(-1) as TomlName).node.end };
}
