import type { ManagerGeneration } from "../traffic-stats.ts";
import type { ManagerRequest } from "./manager-connection.ts";

/** Where each generation answers for all keys and for one, and where it resets. */
export const routes: Readonly<
  Record<ManagerGeneration, { readonly list: string; readonly key: string; readonly reset: string }>
> = {
  simple: {
    list: "/traffic/simple",
    key: "/keys/{id}/traffic/simple",
    reset: "/keys/{id}/traffic/simple/reset",
  },
  "port-exact": {
    list: "/traffic/ports/exact",
    key: "/keys/{id}/traffic/port/exact",
    reset: "/keys/{id}/traffic/port/reset",
  },
  exact: { list: "/traffic/exact", key: "/keys/{id}/traffic/exact", reset: "/keys/{id}/traffic/reset" },
  newest: { list: "/traffic", key: "/keys/{id}/traffic", reset: "/keys/{id}/traffic/reset" },
};

/** What a request is about. */
export interface RequestSubject {
  /** The key, for a path with `{id}`. */
  readonly id?: string | undefined;
  /** After the `?`. */
  readonly query?: Readonly<Record<string, string>> | undefined;
}

/** Makes a request. */
export function requestTo(method: "GET" | "POST", shownPath: string, subject: RequestSubject = {}): ManagerRequest {
  const { id = "", query } = subject;
  const search = query === undefined ? "" : `?${new URLSearchParams(query)}`;
  return { method, shownPath, path: shownPath.replace("{id}", encodeURIComponent(id)) + search };
}
