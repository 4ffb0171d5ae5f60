// A number holds an id and a place below this: 2^31 times 2^22 is 2^53.
const places = 2 ** 22;

/** The places of ids below 2^31 in the order of the ids, without those that are 0. */
export function ascendingPlaces(ids: readonly number[]): Uint32Array {
  const order = Uint32Array.from(ids.keys()).filter((at) => ids[at] !== 0);
  if (ids.length > places) return order.sort((a, b) => (ids[a] as number) - (ids[b] as number));
  // Numbers that carry their place are sorted without a comparison of ours: several times as fast.
  const keys = Float64Array.from(order, (at) => (ids[at] as number) * places + at).sort();
  return Uint32Array.from(keys, (key) => key % places);
}
