/**
 * Bytes of the longest answer that is read of a node, some four million counters: what is no core and sends without end
 * would otherwise take the memory of all other nodes.
 */
export const longestAnswerBytes: number = 2 ** 28;
