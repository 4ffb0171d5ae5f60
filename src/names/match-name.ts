/**
 * Which counters are meant: those whose name holds a text (case counts; `""` means all), one of several texts (an
 * empty list means none), or matches a JavaScript expression.
 */
export type NamePattern = string | readonly string[] | RegExp;

/**
 * Makes a test for names. A scope in front anchors nothing: `user>>>` is also in `outbound>>>power-user>>>…`.
 *
 * @returns A function that tells whether a name is meant; without a pattern every name is.
 * @throws TypeError where a list holds something else than texts.
 */
export function createNameMatcher(pattern?: NamePattern | undefined): (name: string) => boolean {
  if (pattern === undefined) return () => true;
  if (typeof pattern === "string") return (name) => name.includes(pattern);
  if (pattern instanceof RegExp) {
    const expression = new RegExp(pattern);
    return (name) => {
      expression.lastIndex = 0; // with "g" or "y" it stands where the last match ended
      return expression.test(name);
    };
  }
  const texts = [...pattern];
  if (!texts.every((text) => typeof text === "string")) throw new TypeError("a pattern must be text");
  return (name) => texts.some((text) => name.includes(text));
}
