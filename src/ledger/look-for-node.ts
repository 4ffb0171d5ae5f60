import type { LedgerStore, StoredNode } from "./store.ts";

/** How a node stands that is not sealed; `undefined` where there is none of the name. */
export type LookForNode = (name: string) => Promise<StoredNode | undefined>;

interface Looks {
  readonly names: Set<string>;
  readonly found: Promise<ReadonlyMap<string, StoredNode>>;
}

/** One transaction answers all looks that come before it begins: a thousand standbys are one question a second. */
export function lookForNodes(store: LedgerStore): LookForNode {
  let open: Looks | undefined;

  function begin(): Looks {
    const names = new Set<string>();
    const close = (): void => {
      if (open === looks) open = undefined;
    };
    const find = async (): Promise<ReadonlyMap<string, StoredNode>> => {
      try {
        return await store.read(async (tx) => {
          close();
          return new Map((await tx.nodesNamed([...names])).map((node) => [node.name, node]));
        });
      } finally {
        close();
      }
    };
    const looks = { names, found: Promise.resolve().then(find) };
    return looks;
  }

  return async (name) => {
    open ??= begin();
    open.names.add(name);
    return (await open.found).get(name);
  };
}
