import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { CorpusEntry } from "./corpus-entry.ts";
import { singBox } from "./sing-box.ts";
import { v2ray4 } from "./v2ray4.ts";
import { v2ray5 } from "./v2ray5.ts";
import { xray } from "./xray.ts";

/** Configurations as people have them, before statistics are enabled: ports are 20001 to 20009, files lie in `/case/`. */
export const corpus: readonly CorpusEntry[] = [...v2ray4, ...v2ray5, ...xray, ...singBox];

/** A file of the corpus. */
export interface CorpusFile {
  readonly name: string;
  readonly text: string;
}

/** The files of an entry: one, or those of a directory in the order in which cores read them. */
export function corpusFiles({ target, name }: CorpusEntry): readonly CorpusFile[] {
  const path = join(import.meta.dirname, target, name);
  if (!statSync(path).isDirectory()) return [{ name, text: readFileSync(path, "utf8") }];
  const names = readdirSync(path).toSorted();
  return names.map((each) => ({ name: each, text: readFileSync(join(path, each), "utf8") }));
}

/** All that lies in the folders of the corpus, as `target/name`. */
export function corpusPaths(): readonly string[] {
  const targets = new Set(corpus.map(({ target }) => target));
  return [...targets].flatMap((target) => {
    return readdirSync(join(import.meta.dirname, target)).map((name) => `${target}/${name}`);
  });
}
