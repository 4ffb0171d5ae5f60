import type { ConfigModel } from "../model/config-model.ts";
import { memberAt, stringOf } from "../syntax/lookup.ts";

/** A port for the API, and what to say where it is not the wanted one. */
export interface ApiPort {
  readonly port: number;
  readonly remark: string;
}

/** Texts of the form `host:port` that cores listen on, beside their inbounds. */
const otherListeners = [
  ["metrics", "listen"],
  ["experimental", "clash_api", "external_controller"],
] as const;

/**
 * The wanted port, or the next one that nothing else of the configuration listens on.
 *
 * @returns `undefined` where the configuration listens on all of them.
 */
export function freePort({ inbounds, root }: ConfigModel, wanted: number): ApiPort | undefined {
  const texts = otherListeners.map((path) => stringOf(memberAt(root, ...path)) ?? "");
  const taken = [
    ...inbounds.flatMap(({ ports }) => ports),
    ...texts.flatMap((text) => {
      const port = Number(/:(\d+)$/.exec(text)?.[1]);
      return Number.isNaN(port) ? [] : [{ from: port, to: port }];
    }),
  ];
  for (let i = 0; i < 65_535; i++) {
    const port = ((wanted - 1 + i) % 65_535) + 1;
    if (taken.some(({ from, to }) => from <= port && port <= to)) continue;
    return { port, remark: i === 0 ? "" : `; port ${wanted} is taken by something else, so it is on ${port}` };
  }
  return undefined;
}
