import type { TextEdit } from "../edit/text-edit.ts";
import type { Position } from "../syntax/position.ts";
import type { Severity } from "./rule.ts";

/** One thing that is wrong with a configuration. */
export interface Finding {
  /** Which rule found it; `syntax-error` where a file cannot be read. */
  readonly rule: string;
  /** How bad it is: `error` will not work or is dangerous, `warning` is probably not meant, `info` is worth knowing. */
  readonly severity: Severity;
  /** What is wrong, with the names of the configuration. */
  readonly message: string;
  /** What the user of the core will see. */
  readonly consequence: string;
  /** What to do about it. */
  readonly fix: string;
  /** Where it is. */
  readonly location: FindingLocation;
  /** The rule's page in this package. */
  readonly docs: string;
  /** What mends it, file by file; `undefined` where a person must choose. */
  readonly edits: readonly FileEdits[] | undefined;
}

/** A place in a configuration file. */
export interface FindingLocation {
  /** The file, as the caller named it. */
  readonly file: string;
  /** The first sign, lines and columns from 1, columns in UTF-16 units. */
  readonly start: Position;
  /** Behind the last sign. */
  readonly end: Position;
  /** As `inbounds[0].settings.clients[3].level`; "" for the whole configuration. */
  readonly path: string;
}

/** Edits of one file. */
export interface FileEdits {
  /** The file, as the caller named it. */
  readonly file: string;
  /** Edits that do not overlap. */
  readonly edits: readonly TextEdit[];
}
