/** What an operator says on the hub, so that a ledger takes the place of the one that records a node there. */
export function replaceCommand({ ledger, node }: { readonly ledger: string; readonly node: string }): string {
  const word = /^[\w@%+=:,./-]+$/.test(node) ? node : `'${node.replaceAll("'", "'\\''")}'`;
  return `v2ray-stats inform replace ${word} --ledger ${ledger} --db …`;
}
