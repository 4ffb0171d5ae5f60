const ownStems = new Map([
  ["freedom", "direct"],
  ["blackhole", "block"],
]);

/** Gives each inbound (`-in`) or outbound (`-out`) that has no tag one of its own, unlike all others and `api`. */
export function withTags<Item extends { readonly protocol: string; readonly tag?: string | undefined }>(
  items: readonly Item[],
  suffix: "-in" | "-out",
  api: string,
): (Item & { readonly tag: string })[] {
  const taken = new Set([api, ...items.flatMap(({ tag = [] }) => tag)]);
  return items.map((item) => {
    const tag = item.tag ?? freeTag(ownStems.get(item.protocol) ?? `${item.protocol}${suffix}`, taken);
    taken.add(tag);
    return { ...item, tag };
  });
}

/** The stem itself, or with the first number that makes it free. */
export function freeTag(stem: string, taken: ReadonlySet<string>): string {
  let tag = stem;
  for (let number = 2; taken.has(tag); number++) tag = `${stem}-${number}`;
  return tag;
}
