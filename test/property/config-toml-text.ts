import fc from "fast-check";

/** A TOML value with its spelling, before it knows where it stands. */
type TomlPiece =
  | { readonly kind: "scalar"; readonly text: string }
  | { readonly kind: "table"; readonly layout: TableLayout; readonly members: readonly TomlMember[] }
  | {
      readonly kind: "list";
      readonly layout: "inline" | "lined" | "sections";
      readonly items: readonly TomlPiece[];
      readonly comma: boolean;
    };

/** Where there are only sections below, the header of a "bare" one is left out; that of a "late" one stands below them. */
type TableLayout = "inline" | "lined" | "dotted" | "section" | "bare" | "late";

interface TomlMember {
  readonly key: string;
  readonly value: TomlPiece;
  readonly above: boolean;
  readonly beside: boolean;
}

const keys = ["a", "b", "c", "levels", "0", "x-y", '"x y"', "'it is'", '"A\\u0042"', "__proto__", '""', "1"];
const scalars = [
  "1",
  "-2.5",
  "1_000",
  "0x1F",
  "true",
  "false",
  '"text"',
  "'C:\\x'",
  '"a # b"',
  '"""a\n  b"""',
  "'''\n# no\n'''",
  "07:32:00",
  '"[x]"',
  "1e3",
  '"\\n\\u00e9"',
];

const { table } = fc.letrec<{ value: TomlPiece; table: TomlPiece; list: TomlPiece }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    { weight: 4, arbitrary: fc.constantFrom(...scalars).map((text) => ({ kind: "scalar" as const, text })) },
    { weight: 4, arbitrary: tie("table") },
    { weight: 3, arbitrary: tie("list") },
  ),
  table: fc.record({
    kind: fc.constant("table" as const),
    layout: fc.constantFrom<TableLayout[]>("inline", "lined", "dotted", "section", "section", "bare", "late"),
    members: fc.uniqueArray(
      fc.record({ key: fc.constantFrom(...keys), value: tie("value"), above: rarely(), beside: rarely() }),
      { maxLength: 4, selector: ({ key }) => key },
    ),
  }),
  list: fc.record({
    kind: fc.constant("list" as const),
    layout: fc.constantFrom("inline", "lined", "sections", "sections"),
    items: fc.oneof(fc.array(tie("value"), { maxLength: 3 }), fc.array(tie("table"), { minLength: 1, maxLength: 3 })),
    comma: fc.boolean(),
  }),
}));

function rarely(): fc.Arbitrary<boolean> {
  return fc.nat({ max: 4 }).map((n) => n === 4);
}

/** Texts of TOML files in all styles. Each comment has a number of its own. */
export const tomlTexts: fc.Arbitrary<string> = fc
  .record({
    root: table,
    eol: fc.constantFrom("\n", "\n", "\r\n"),
    finalBreak: fc.boolean(),
    blank: fc.boolean(),
    start: fc.constantFrom("", "", "# head\n", "\ufeff", "\n\n", "# head\n\n"),
    end: fc.constantFrom("", "", "\n# tail\n"),
  })
  .map(({ root, eol, finalBreak, blank, start, end }) => {
    const writer = new Writer(blank);
    const text = start + writer.root(root) + (end === "" && finalBreak ? "\n" : end);
    return text.replaceAll("\n", eol);
  });

class Writer {
  readonly #blank: boolean;
  #comments = 0;

  constructor(blank: boolean) {
    this.#blank = blank;
  }

  root(piece: TomlPiece): string {
    return piece.kind === "table" ? this.#section("", "", piece.members).join("\n") : "";
  }

  #comment(): string {
    return `# c${this.#comments++};`;
  }

  /** The lines of a table with its header and of those below it. */
  #section(header: string, path: string, members: readonly TomlMember[]): string[] {
    const lines = header === "" ? [] : [...(this.#blank ? [""] : []), header];
    const below: string[][] = [];
    for (const { key, value, above, beside } of members) {
      const here = path === "" ? key : `${path}.${key}`;
      const sections = this.#sections(here, value);
      if (sections !== undefined) {
        below.push(above ? [this.#comment(), ...sections] : sections);
        continue;
      }
      if (above) lines.push(this.#comment());
      const pairs = this.#pairs(key, value);
      lines.push(
        ...pairs.map((pair, index) => (beside && index === pairs.length - 1 ? `${pair} ${this.#comment()}` : pair)),
      );
    }
    return [...lines, ...below.flat()];
  }

  /** Sections for a member; `undefined` where it takes lines. */
  #sections(path: string, value: TomlPiece): string[] | undefined {
    // The cores' reader knows no escapes in headers.
    if (path.includes("\\")) return undefined;
    if (value.kind === "list") {
      if (value.layout !== "sections" || value.items.length === 0) return undefined;
      if (!value.items.every((item) => item.kind === "table")) return undefined;
      return value.items.flatMap((item) =>
        this.#section(`[[${path}]]`, path, item.kind === "table" ? item.members : []),
      );
    }
    if (value.kind !== "table" || !["section", "bare", "late"].includes(value.layout)) return undefined;
    const needsHeader =
      value.members.length === 0 ||
      value.members.some(({ key, value: each }) => this.#takesLines(`${path}.${key}`, each));
    if (value.layout === "bare" && !needsHeader) return this.#section("", path, value.members);
    if (value.layout !== "late") return this.#section(`[ ${path} ]`, path, value.members);
    const [own, below] = [true, false].map((wanted) =>
      value.members.filter(({ key, value: each }) => this.#takesLines(`${path}.${key}`, each) === wanted),
    ) as [TomlMember[], TomlMember[]];
    return [...this.#section("", path, below), ...this.#section(`[${path}]`, path, own)];
  }

  #takesLines(path: string, value: TomlPiece): boolean {
    const count = this.#comments;
    const takes = this.#sections(path, value) === undefined;
    this.#comments = count;
    return takes;
  }

  /** `name = value`, or several of them with a dotted name. */
  #pairs(key: string, value: TomlPiece): string[] {
    if (value.kind === "table" && value.layout === "dotted" && value.members.length > 0)
      return value.members.flatMap((member) => this.#pairs(`${key}.${member.key}`, member.value));
    return [`${key} = ${this.#value(value, "")}`];
  }

  #value(value: TomlPiece, indent: string): string {
    if (value.kind === "scalar") return value.text;
    const isLined = value.layout === "lined";
    const inner = `${indent}  `;
    const parts =
      value.kind === "list"
        ? value.items.map((item) => this.#value(item, inner))
        : value.members.flatMap((member) => this.#inlinePairs(member.key, member.value, inner));
    const [open, close] = value.kind === "list" ? "[]" : "{}";
    if (parts.length === 0) return `${open}${close}`;
    const comma = value.kind === "list" && value.comma ? "," : "";
    if (!isLined) return `${open} ${parts.join(", ")}${comma} ${close}`;
    const lines = parts.map((part, index) => {
      const sign = index < parts.length - 1 ? "," : comma;
      return `\n${inner}${part}${sign}${index === 0 ? ` ${this.#comment()}` : ""}`;
    });
    return `${open}${lines.join("")}\n${indent}${close}`;
  }

  #inlinePairs(key: string, value: TomlPiece, indent: string): string[] {
    if (value.kind === "table" && value.layout === "dotted" && value.members.length > 0)
      return value.members.flatMap((member) => this.#inlinePairs(`${key}.${member.key}`, member.value, indent));
    return [`${key} = ${this.#value(value, indent)}`];
  }
}
