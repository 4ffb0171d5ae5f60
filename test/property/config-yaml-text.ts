import fc from "fast-check";

/** A YAML value with its spelling, before it knows where it stands. */
export type YamlPiece =
  | { readonly kind: "scalar"; readonly text: string }
  | { readonly kind: "block"; readonly header: string; readonly lines: readonly string[] }
  | { readonly kind: "alias"; readonly pick: number }
  | {
      readonly kind: "map";
      readonly entries: readonly YamlEntry[];
      /** Where `<<` stands and which anchors it takes; none where it is absent. */
      readonly merge: { readonly at: number; readonly picks: readonly number[] } | undefined;
      readonly style: CollectionStyle;
    }
  | { readonly kind: "list"; readonly items: readonly YamlItem[]; readonly style: CollectionStyle };

interface YamlItem {
  readonly value: YamlPiece;
  readonly above: boolean;
  readonly beside: boolean;
  readonly anchor: boolean;
}

interface YamlEntry extends YamlItem {
  readonly key: string;
  readonly explicit: boolean;
}

interface CollectionStyle {
  /** In brackets on one line, in brackets over lines, or in lines alone. */
  readonly layout: "flow" | "lined-flow" | "block";
  readonly step: number;
  readonly trailingComma: boolean;
  /** A list's dashes stand below its name, not to the right of it. */
  readonly flush: boolean;
}

const keys = [
  "a",
  "b",
  "c",
  "levels",
  "0",
  "00",
  '"0"',
  '"x y"',
  "'it''s'",
  '"\\u0041\\""',
  "__proto__",
  "yes",
  "a-b.c",
  "1.5",
];
const words = [
  "1",
  "-2.5",
  "true",
  "false",
  "yes",
  "off",
  "null",
  "~",
  "010",
  "0x1F",
  "text",
  "two words",
  "a@b.c",
  "http://x/y",
  "2024-05-06",
];
const quoted = ['"x"', '"a: b # c"', "'it''s'", '"\\n\\u00e9"', "''", '"[1, 2]"', "'# no'", '"{"'];
const scalar = fc.record({
  kind: fc.constant("scalar" as const),
  text: fc.constantFrom(...words, ...quoted, "", "!!str 5", "!!int '7'"),
});
const block = fc.record({
  kind: fc.constant("block" as const),
  header: fc.constantFrom("|", "|-", ">", ">-"),
  lines: fc.array(fc.constantFrom("line", "# no comment", "- no: item", "", "  more"), { minLength: 1, maxLength: 3 }),
});
const style: fc.Arbitrary<CollectionStyle> = fc.record({
  layout: fc.constantFrom("flow", "lined-flow", "block", "block", "block"),
  step: fc.constantFrom(1, 2, 2, 4),
  trailingComma: fc.boolean(),
  flush: fc.boolean(),
});
const decoration = { above: rarely(), beside: rarely(), anchor: rarely() };

function rarely(): fc.Arbitrary<boolean> {
  return fc.nat({ max: 4 }).map((n) => n === 4);
}

const { map } = fc.letrec<{ value: YamlPiece; map: YamlPiece; list: YamlPiece }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    { weight: 4, arbitrary: scalar },
    { weight: 1, arbitrary: block },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("alias" as const), pick: fc.nat(9) }) },
    { weight: 4, arbitrary: tie("map") },
    { weight: 3, arbitrary: tie("list") },
  ),
  map: fc.record({
    kind: fc.constant("map" as const),
    entries: fc.uniqueArray(
      fc.record({ key: fc.constantFrom(...keys), value: tie("value"), explicit: rarely(), ...decoration }),
      { maxLength: 5, selector: ({ key }) => meaningOfKey(key) },
    ),
    merge: fc.option(fc.record({ at: fc.nat(5), picks: fc.array(fc.nat(9), { minLength: 1, maxLength: 2 }) }), {
      nil: undefined,
      freq: 6,
    }),
    style,
  }),
  list: fc.record({
    kind: fc.constant("list" as const),
    items: fc.array(fc.record({ value: tie("value"), ...decoration }), { maxLength: 4 }),
    style,
  }),
}));

/** Names that are one to some core. */
function meaningOfKey(key: string): string {
  return { "00": "0", '"0"': "0", '"\\u0041\\""': 'A"' }[key] ?? key;
}

/** Texts of YAML files in all styles; the value is an object. Each comment has a number of its own. */
export const yamlTexts: fc.Arbitrary<string> = fc
  .record({
    root: map,
    eol: fc.constantFrom("\n", "\n", "\r\n"),
    finalBreak: fc.boolean(),
    start: fc.constantFrom("", "", "# head\n", "---\n", "\ufeff", "# head\n\n--- # start\n"),
    end: fc.constantFrom("", "", "\n# tail\n", "\n...\n"),
  })
  .map(({ root, eol, finalBreak, start, end }) => {
    const writer = new Writer();
    const body = writer.root(root);
    const text = start + body + (end === "" && finalBreak ? "\n" : end);
    return text.replaceAll("\n", eol);
  });

class Writer {
  #comments = 0;
  #anchors = 0;
  readonly #known: string[] = [];
  readonly #knownMaps: string[] = [];
  /** Whether the root's lines have begun, which are not indented. */
  #rooted = false;

  root(piece: YamlPiece): string {
    if (piece.kind !== "map") throw new TypeError("the root is a map");
    if (piece.style.layout === "block" && this.#size(piece) > 0) return this.#lines(piece, 0).slice(1);
    return this.#flow(piece, 0, piece.style.layout === "lined-flow");
  }

  #comment(): string {
    return `# c${this.#comments++};`;
  }

  #size(piece: YamlPiece): number {
    if (piece.kind === "map")
      return piece.entries.length + (piece.merge !== undefined && this.#knownMaps.length > 0 ? 1 : 0);
    return piece.kind === "list" ? piece.items.length : 0;
  }

  /** What stands behind a colon or dash at `indent`, with the blank before it. */
  #behind(item: YamlItem, indent: number): string {
    const { value } = item;
    const isAlias = value.kind === "alias" && this.#known.length > 0;
    const name = item.anchor && !isAlias ? `n${this.#anchors++}` : undefined;
    const anchor = name === undefined ? "" : ` &${name}`;
    const text = anchor + this.#body(item, indent);
    if (name !== undefined) {
      this.#known.push(name);
      if (value.kind === "map") this.#knownMaps.push(name);
    }
    return text;
  }

  #body({ value, beside }: YamlItem, indent: number): string {
    const comment = beside ? ` ${this.#comment()}` : "";
    switch (value.kind) {
      case "scalar":
        return (value.text === "" ? "" : ` ${value.text}`) + comment;
      case "alias":
        return ` ${this.#alias(value.pick)}${comment}`;
      case "block": {
        const pad = " ".repeat(indent + 2);
        // The first line sets the indentation.
        const lines = ["first", ...value.lines].map((line) => (line === "" ? "" : pad + line));
        return ` ${value.header}${comment}\n${lines.join("\n")}`;
      }
      default: {
        const isBlock = value.style.layout === "block" && this.#size(value) > 0;
        return isBlock
          ? comment + this.#lines(value, indent)
          : ` ${this.#flow(value, indent, value.style.layout === "lined-flow")}${comment}`;
      }
    }
  }

  #alias(pick: number): string {
    return this.#known.length === 0 ? "none" : `*${this.#known[pick % this.#known.length]}`;
  }

  /** A block value below a name or dash at `indent`, from the line break on. */
  #lines(piece: YamlPiece, indent: number): string {
    if (piece.kind !== "map" && piece.kind !== "list") throw new TypeError("only collections have lines");
    return piece.kind === "map" ? this.#mapLines(piece, indent) : this.#listLines(piece, indent);
  }

  #mapLines(piece: YamlPiece & { kind: "map" }, indent: number): string {
    const inner = this.#rooted ? indent + piece.style.step : 0;
    this.#rooted = true;
    const pad = `\n${" ".repeat(inner)}`;
    const merge = this.#mergeOf(piece);
    const lines = piece.entries.map((entry) => {
      const above = entry.above ? pad + this.#comment() : "";
      const isExplicit = entry.explicit;
      const colon = isExplicit ? `? ${entry.key}${pad}:` : `${entry.key}:`;
      return above + pad + colon + this.#behind(entry, inner);
    });
    if (merge !== undefined) lines.splice(merge.at % (lines.length + 1), 0, `${pad}<<: ${merge.text}`);
    return lines.join("");
  }

  #listLines(piece: YamlPiece & { kind: "list" }, indent: number): string {
    const inner = piece.style.flush ? indent : indent + piece.style.step;
    const pad = `\n${" ".repeat(inner)}`;
    return piece.items
      .map((item) => {
        const above = item.above ? pad + this.#comment() : "";
        return `${above}${pad}-${this.#compact(item, inner)}`;
      })
      .join("");
  }

  /** Behind a dash, a map or list may start on the same line. */
  #compact(item: YamlItem, indent: number): string {
    const { value } = item;
    const behind = this.#behind(item, indent);
    const start = /^\n( +)(?=[^ #])/.exec(behind);
    if (item.anchor || (value.kind !== "map" && value.kind !== "list") || start === null) return behind;
    return (start[1] as string).length === indent + 2 ? ` ${behind.slice(start[0].length)}` : behind;
  }

  /** Taken before the members are written, so that it stands for what is known by then. */
  #mergeOf({ merge }: YamlPiece & { kind: "map" }): { at: number; text: string } | undefined {
    if (merge === undefined || this.#knownMaps.length === 0) return undefined;
    const names = merge.picks.map((pick) => `*${this.#knownMaps[pick % this.#knownMaps.length]}`);
    return { at: merge.at, text: names.length === 1 ? (names[0] as string) : `[${names.join(", ")}]` };
  }

  #flow(piece: YamlPiece, indent: number, isLined: boolean): string {
    if (piece.kind !== "map" && piece.kind !== "list") {
      if (piece.kind === "block") return '"block"';
      if (piece.kind === "alias") return `${this.#alias(piece.pick)} `;
      return piece.text;
    }
    const inner = indent + piece.style.step;
    const merge = piece.kind === "map" ? this.#mergeOf(piece) : undefined;
    const parts =
      piece.kind === "map"
        ? piece.entries.map((entry) => `${entry.key}: ${this.#flowItem(entry, inner, isLined)}`)
        : piece.items.map((item) => this.#flowItem(item, inner, isLined) || "null");
    if (merge !== undefined) parts.splice(merge.at % (parts.length + 1), 0, `<<: ${merge.text}`);
    const [open, close] = piece.kind === "map" ? "{}" : "[]";
    if (parts.length === 0) return `${open}${close}`;
    const comma = piece.style.trailingComma ? "," : "";
    if (!isLined) return `${open}${parts.join(", ")}${comma}${close}`;
    const pad = `\n${" ".repeat(inner)}`;
    const lines = parts.map((part, index) => {
      const sign = index < parts.length - 1 ? "," : comma;
      const beside = (piece.kind === "map" ? piece.entries : piece.items)[index]?.beside ? ` ${this.#comment()}` : "";
      return pad + part + sign + beside;
    });
    return `${open}${lines.join("")}\n${" ".repeat(indent + 1)}${close}`;
  }

  #flowItem({ value, anchor }: YamlItem, indent: number, isLined: boolean): string {
    const isAlias = value.kind === "alias" && this.#known.length > 0;
    const name = anchor && !isAlias ? `n${this.#anchors++}` : undefined;
    const isCollection = value.kind === "map" || value.kind === "list";
    const text = this.#flow(value, indent, isLined && isCollection && value.style.layout === "lined-flow");
    if (name === undefined) return text;
    this.#known.push(name);
    if (value.kind === "map") this.#knownMaps.push(name);
    return `&${name} ${text}`;
  }
}
