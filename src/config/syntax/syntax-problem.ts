import type { SourceFile } from "./node.ts";

/** Why a text is no configuration, and where; inside the room only, doors make their own errors or findings of it. */
export class SyntaxProblem extends Error {
  readonly file: SourceFile;
  readonly offset: number;

  constructor(file: SourceFile, offset: number, reason: string) {
    super(reason);
    this.file = file;
    this.offset = offset;
  }
}
