import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** Gives a file a text, durably and at one instant: a reader, or a start after a crash, finds the old or the new one. */
export async function writeDurably(file: string, text: string): Promise<void> {
  const staged = `${file}.new`;
  const handle = await open(staged, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(staged, file);
  const folder = await open(dirname(file), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
