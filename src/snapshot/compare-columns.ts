import type { CounterColumns } from "./counter-columns.ts";

/** How one reading differs from the one before, by index into the later one's table. */
export interface ColumnChanges {
  /** Counters whose value changed. */
  readonly changed: readonly number[];
  /** How much flowed through each of these at least: the difference, or all it shows where it is smaller than before. */
  readonly by: readonly bigint[];
  /** Those of them that show less than before. */
  readonly fallen: readonly number[];
  /** Counters the earlier reading did not hold. */
  readonly appeared: readonly number[];
  /** Counters, by index into the earlier one's table, that the later reading no longer holds. */
  readonly vanished: readonly number[];
}

/** Compares two readings; with one table for both in one pass over the raw words, no bigint for what stood still. */
export function compareColumns(before: CounterColumns, after: CounterColumns): ColumnChanges {
  const changed: number[] = [];
  const by: bigint[] = [];
  const fallen: number[] = [];
  const appeared: number[] = [];
  const oldIndices = before.table === after.table ? undefined : indicesIn(before, after);
  const oldWords = new Int32Array(before.values.buffer);
  const newWords = new Int32Array(after.values.buffer);
  const oldPresent = before.present;
  const newPresent = after.present;
  let kept = 0;
  for (let index = 0; index < newPresent.length; index++) {
    if (newPresent[index] === 0) continue;
    const old = oldIndices === undefined ? index : (oldIndices[index] as number);
    if (oldPresent[old] !== 1) {
      appeared.push(index);
      continue;
    }
    kept++;
    if (oldWords[old * 2] === newWords[index * 2] && oldWords[old * 2 + 1] === newWords[index * 2 + 1]) continue;
    changed.push(index);
    const oldHigh = oldWords[old * 2 + 1] as number;
    const newHigh = newWords[index * 2 + 1] as number;
    // Below 2^53 as numbers: of a hundred thousand counters each bigint less is felt.
    if (oldHigh >>> 21 === 0 && newHigh >>> 21 === 0) {
      const was = oldHigh * 2 ** 32 + ((oldWords[old * 2] as number) >>> 0);
      const is = newHigh * 2 ** 32 + ((newWords[index * 2] as number) >>> 0);
      if (is < was) fallen.push(index);
      by.push(BigInt(is < was ? is : is - was));
      continue;
    }
    const was = before.values[old] as bigint;
    const is = after.values[index] as bigint;
    if (is < was) fallen.push(index);
    by.push(is < was ? is : is - was);
  }
  const vanished = kept === before.count ? [] : vanishedFrom(before, after);
  return { changed, by, fallen, appeared, vanished };
}

/** For each index of the later table, the earlier table's index of that name, or -1. */
function indicesIn(before: CounterColumns, after: CounterColumns): Int32Array {
  const indices = new Int32Array(after.present.length).fill(-1);
  for (let index = 0; index < indices.length; index++) {
    if (after.has(index)) indices[index] = before.table.find(after.table.name(index)) ?? -1;
  }
  return indices;
}

function vanishedFrom(before: CounterColumns, after: CounterColumns): number[] {
  const vanished: number[] = [];
  for (let index = 0; index < before.present.length; index++) {
    if (!before.has(index)) continue;
    const now = before.table === after.table ? index : after.table.find(before.table.name(index));
    if (now === undefined || !after.has(now)) vanished.push(index);
  }
  return vanished;
}
