import type { ConfigModel } from "../model/config-model.ts";
import type { Changes } from "./changes.ts";
import type { Wishes } from "./enable-options.ts";
import type { Language } from "./language.ts";
import type { TagNames } from "./tag-names.ts";

/** What all parts of making the API of V2Ray and Xray reachable work on. */
export interface ApiJob {
  readonly model: ConfigModel;
  readonly language: Language;
  readonly wishes: Wishes;
  readonly names: TagNames;
  readonly changes: Changes;
}
