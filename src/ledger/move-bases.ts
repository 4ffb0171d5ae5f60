import type { LedgerWrite } from "./store.ts";

/** Lets other counters go on from what these showed last. */
export async function moveBases(
  tx: LedgerWrite,
  node: number,
  moves: readonly { readonly from: number; readonly to: number }[],
): Promise<void> {
  const shown = await tx.raws(
    node,
    moves.map(({ from }) => from),
  );
  const raws = new Map(shown.map((raw) => [raw.counter, raw]));
  const moved = moves.flatMap(({ from, to }) => {
    const raw = raws.get(from);
    return raw === undefined ? [] : { ...raw, to };
  });
  moved.sort((a, b) => a.to - b.to);
  await tx.setRaws(
    node,
    moved.map(({ to }) => to),
    moved.map(({ value }) => value),
  );
  for (const [since, those] of Map.groupBy(moved, ({ missingSince }) => missingSince))
    if (since !== undefined)
      await tx.setMissing(
        node,
        those.map(({ to }) => to),
        since,
      );
  await tx.forgetRaws(
    node,
    moved.map(({ counter }) => counter).sort((a, b) => a - b),
  );
}
