import type { Command } from "commander";
import { oneLine } from "./output-forms.ts";

/** Lets a group that has a default command say that a word is none of its commands: the default would ask for flags. */
export function refuseUnknown(group: Command): Command {
  return group.hook("preSubcommand", ({ args: [word], commands }) => {
    if (word === undefined || word.startsWith("-") || word === "help") return;
    const names = commands.map((command) => command.name());
    if (!names.includes(word))
      group.error(`error: unknown command '${oneLine(word)}' of ${group.name()}; it has ${names.join(", ")}`);
  });
}
