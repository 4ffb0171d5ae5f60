import type { HistoryPages } from "./history-bodies.ts";
import { dayRange, monthOf, monthRange } from "./history-range.ts";
import type { HostInterfaces, KeyRecord, Told } from "./key-meter.ts";
import type { ResetWords } from "./key-reset.ts";
import { Problem } from "./problem.ts";
import type { ServedKey } from "./served-key.ts";
import {
  exactKey,
  exactList,
  keyBody,
  newestKey,
  portExactKey,
  portExactList,
  simpleKey,
  simpleList,
  statusPage,
  summaryPage,
} from "./traffic-bodies.ts";

/** An answer that may be repeated, and its age. */
interface Aged {
  readonly body: object;
  readonly ageMs: number;
}

/** What a route asks to make its answer. */
export interface RouteContext {
  readonly keys: readonly ServedKey[];
  readonly active: readonly ServedKey[];
  readonly query: URLSearchParams;
  /** The name of the API key. */
  readonly caller: string;
  readonly timeZone: string;
  readonly history: HistoryPages;
  /** @throws Problem 404 where there is no such key. */
  keyOf(text: string): ServedKey;
  /** Makes a body of what was measured of each key. */
  measured(keys: readonly ServedKey[], body: (records: readonly KeyRecord[]) => object): Promise<Aged>;
  /** Makes a body, or repeats it. */
  kept(question: string, ask: () => Promise<object>): Promise<Aged>;
  interfaces(): Promise<Told<HostInterfaces>>;
  reset(key: ServedKey, words: ResetWords): Promise<object>;
}

interface Route {
  readonly method: "GET" | "POST";
  /** After `/api`; a step that begins with a colon takes anything. */
  readonly path: string;
  /** Answered without an API key. */
  readonly open?: true;
  /** GET answers with {@link Aged}, POST and open routes with the body itself. */
  readonly answer: (context: RouteContext, values: readonly string[]) => Promise<object>;
}

const routes: readonly Route[] = [
  { method: "GET", path: "", open: true, answer: async () => ({ name: "v2ray-stats manager", status: "running" }) },
  { method: "GET", path: "/health", open: true, answer: async () => ({ status: "healthy" }) },
  { method: "GET", path: "/keys", answer: async ({ keys }) => fresh(keys.map(keyBody)) },
  { method: "GET", path: "/keys/:id", answer: async ({ keyOf }, [id = ""]) => fresh(keyBody(keyOf(id))) },
  list("/traffic/simple", simpleList),
  one("/keys/:id/traffic/simple", simpleKey),
  reset("/keys/:id/traffic/simple/reset"),
  list("/traffic/ports/exact", portExactList),
  one("/keys/:id/traffic/port/exact", portExactKey),
  reset("/keys/:id/traffic/port/reset"),
  list("/traffic/exact", exactList),
  one("/keys/:id/traffic/exact", exactKey),
  reset("/keys/:id/traffic/reset"),
  list("/traffic", simpleList),
  one("/keys/:id/traffic", newestKey),
  {
    method: "GET",
    path: "/traffic/status",
    answer: ({ keys, active, measured }) => measured(active, (records) => statusPage(records, keys, new Date())),
  },
  {
    method: "GET",
    path: "/system/traffic/summary",
    answer: ({ keys, interfaces, kept }) =>
      kept("summary", async () => {
        const told = await interfaces();
        if ("reason" in told) throw new Problem(503, told.reason);
        return summaryPage(told.value, keys);
      }),
  },
  {
    method: "GET",
    path: "/traffic/history",
    answer: ({ keys, history, kept }) => kept("history", () => history.all(keys)),
  },
  {
    method: "GET",
    path: "/keys/:id/traffic/history",
    answer: async ({ keyOf, history, kept }, [id = ""]) => {
      const key = keyOf(id);
      return kept(`history of ${key.id}`, () => history.one(key));
    },
  },
  {
    method: "GET",
    path: "/traffic/daily/:date",
    answer: async ({ keys, history, kept }, [date = ""]) => {
      const range = dayRange(date);
      return kept(`day ${date}`, () => history.daily(keys, date, range));
    },
  },
  {
    method: "GET",
    path: "/traffic/monthly",
    answer: async (context) => {
      const [month, range] = monthIn(context);
      return context.kept(`month ${month}`, () => context.history.monthly(context.keys, month, range));
    },
  },
  {
    method: "GET",
    path: "/keys/:id/traffic/monthly",
    answer: async (context, [id = ""]) => {
      const key = context.keyOf(id);
      const [month, range] = monthIn(context);
      return context.kept(`month ${month} of ${key.id}`, () => context.history.keyMonthly(key, month, range));
    },
  },
  ...["/keys/:id/traffic/history/reset", "/traffic/history/cleanup"].map(
    (path): Route => ({
      method: "POST",
      path,
      answer: async () => {
        throw new Problem(501, "What was used stays in the ledger; to start a key anew reset its traffic");
      },
    }),
  ),
];

function list(path: string, body: (records: readonly KeyRecord[], now: Date) => object): Route {
  return {
    method: "GET",
    path,
    answer: ({ active, measured }) => measured(active, (records) => body(records, new Date())),
  };
}

function one(path: string, body: (record: KeyRecord) => object): Route {
  return {
    method: "GET",
    path,
    answer: async ({ keyOf, measured }, [id = ""]) => measured([keyOf(id)], ([record]) => body(record as KeyRecord)),
  };
}

function reset(path: string): Route {
  return {
    method: "POST",
    path,
    answer: async ({ keyOf, query, caller, reset: resetKey }, [id = ""]) => {
      const reason = query.get("reason") || "reset by way of the manager API";
      if (reason.length > 1000) throw new Problem(422, "A reason has at most 1000 characters");
      return resetKey(keyOf(id), { author: `manager API: ${caller}`, reason });
    },
  };
}

function monthIn({ query, timeZone }: RouteContext): readonly [string, ReturnType<typeof monthRange>] {
  const month = query.get("year_month") ?? monthOf(new Date(), timeZone);
  return [month, monthRange(month)];
}

function fresh(body: object): Aged {
  return { body, ageMs: 0 };
}

/** Finds what answers. @throws Problem 404, 405 */
export function findRoute(
  method: string,
  pathname: string,
): { readonly route: Route; readonly values: readonly string[] } {
  const steps = pathname.replace(/\/+$/, "").split("/");
  const path = steps[1] === "api" ? steps.slice(2) : steps.slice(1);
  // Outside of /api only the open ones are there.
  const inside = steps[1] === "api";
  const found = routes.flatMap((route) => {
    const values = inside || route.open ? valuesOf(route.path.split("/").slice(1), path) : undefined;
    return values === undefined ? [] : [{ route, values }];
  });
  if (found.length === 0) throw new Problem(404, "Not Found");
  const wanted = method === "HEAD" ? "GET" : method;
  const match = found.find(({ route }) => route.method === wanted);
  if (match !== undefined) return match;
  throw new Problem(405, "Method Not Allowed", { Allow: found.map(({ route }) => route.method).join(", ") });
}

function valuesOf(pattern: readonly string[], steps: readonly string[]): readonly string[] | undefined {
  if (pattern.length !== steps.length) return undefined;
  const values: string[] = [];
  for (const [at, wanted] of pattern.entries()) {
    const step = steps[at] as string;
    if (!wanted.startsWith(":")) {
      if (step !== wanted) return undefined;
      continue;
    }
    const value = decoded(step);
    if (value === undefined || value === "") return undefined;
    values.push(value);
  }
  return values;
}

function decoded(step: string): string | undefined {
  try {
    return decodeURIComponent(step);
  } catch {
    return undefined;
  }
}
