/** @throws RangeError where it is not a number of readings. */
export function checkConcurrency(concurrency: number): void {
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new RangeError(`concurrency must be a whole number above zero, not ${concurrency}`);
}

/** @throws TypeError where one of the names is no node. */
export function assertNodes(what: string, names: readonly string[], nodes: readonly { readonly name: string }[]): void {
  for (const name of names)
    if (!nodes.some((node) => node.name === name))
      throw new TypeError(`${what} names ${JSON.stringify(name)}, which is no node`);
}
