import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { informKeysCommand } from "./inform-keys.ts";
import { informReceiveCommand } from "./inform-receive.ts";
import { informReplaceCommand } from "./inform-replace.ts";
import { informResendCommand } from "./inform-resend.ts";
import { informSendCommand } from "./inform-send.ts";

export function informCommand(context: CliContext): Command {
  return new Command("inform")
    .description("Bring the usage of many nodes to one place.")
    .addCommand(informSendCommand(context))
    .addCommand(informResendCommand(context))
    .addCommand(informReceiveCommand(context))
    .addCommand(informKeysCommand(context))
    .addCommand(informReplaceCommand(context));
}
