import type { CounterColumns } from "./counter-columns.ts";

/** How one reading differs from the one before, by index into the later one's table. */
export interface ColumnChanges {
  /** Counters whose value changed, with what they showed before. */
  readonly changed: readonly { readonly index: number; readonly before: bigint }[];
  /** Counters the earlier reading did not hold. */
  readonly appeared: readonly number[];
  /** Counters, by index into the earlier one's table, that the later reading no longer holds. */
  readonly vanished: readonly number[];
  /** Some value is smaller than before. */
  readonly fell: boolean;
}

/** Compares two readings; with one table for both in one pass over the raw words, no bigint for what stood still. */
export function compareColumns(before: CounterColumns, after: CounterColumns): ColumnChanges {
  const changed: { index: number; before: bigint }[] = [];
  const appeared: number[] = [];
  const oldIndices = before.table === after.table ? undefined : indicesIn(before, after);
  const oldWords = new Int32Array(before.values.buffer);
  const newWords = new Int32Array(after.values.buffer);
  const oldPresent = before.present;
  const newPresent = after.present;
  let kept = 0;
  let fell = false;
  for (let index = 0; index < newPresent.length; index++) {
    if (newPresent[index] === 0) continue;
    const old = oldIndices === undefined ? index : (oldIndices[index] as number);
    if (oldPresent[old] !== 1) {
      appeared.push(index);
      continue;
    }
    kept++;
    if (oldWords[old * 2] === newWords[index * 2] && oldWords[old * 2 + 1] === newWords[index * 2 + 1]) continue;
    const value = before.values[old] as bigint;
    if ((after.values[index] as bigint) < value) fell = true;
    changed.push({ index, before: value });
  }
  const vanished = kept === before.count ? [] : vanishedFrom(before, after);
  return { changed, appeared, vanished, fell };
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
