/**
 * Refuses what is no name.
 *
 * @throws TypeError
 */
export function checkName(name: string): void {
  // Ill-formed text would be sent as another name.
  if (typeof name !== "string" || name === "" || !name.isWellFormed()) {
    throw new TypeError("a name must be well-formed text, not empty");
  }
}
