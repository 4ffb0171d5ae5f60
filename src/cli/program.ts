import { Command, Option } from "commander";
import { adjustCommand } from "./commands/adjust.ts";
import { collectCommand } from "./commands/collect.ts";
import { configCommand } from "./commands/config.ts";
import { demoCommand } from "./commands/demo.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { drainCommand } from "./commands/drain.ts";
import { gapsCommand } from "./commands/gaps.ts";
import { getCommand } from "./commands/get.ts";
import { informCommand } from "./commands/inform.ts";
import { managerCommand } from "./commands/manager.ts";
import { mergeCommand } from "./commands/merge.ts";
import { onlineCommand } from "./commands/online.ts";
import { queryCommand } from "./commands/query.ts";
import { reportCommand } from "./commands/report.ts";
import { resetCommand } from "./commands/reset.ts";
import { statementsCommand } from "./commands/statements.ts";
import { sysCommand } from "./commands/sys.ts";
import { usageCommand } from "./commands/usage.ts";
import { watchCommand } from "./commands/watch.ts";
import type { CliContext } from "./context.ts";
import { defaultServer } from "./server-options.ts";

const epilogue = `
Addresses: host:port, unix:/path, unix:@abstract, https://host:port (a TLS front).
Exit codes: 0 fine, 1 failed, 2 wrong use, 3 core not reachable.`;

/** The whole command line; commands throw, the caller makes exit codes of it. */
export function createProgram(context: CliContext): Command {
  const program = new Command("v2ray-stats")
    .description("Traffic statistics of V2Ray 4, V2Ray 5, Xray and sing-box: read them, and make configurations count.")
    .version(context.version, "-V, --version")
    .addOption(new Option("-s, --server <address>", "the core's API").env("V2RAY_STATS_SERVER").default(defaultServer))
    .option("--timeout <duration>", "how long one operation may take", "10s")
    .option("--json", "print JSON, bytes as decimal strings")
    .option("--tls-ca <file>", "certificate authorities to trust, PEM")
    .option("--tls-cert <file>", "our certificate, PEM")
    .option("--tls-key <file>", "its key, PEM")
    .option("--tls-server-name <name>", "the name to ask for and verify")
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(see v2ray-stats --help)")
    .addHelpText("after", epilogue)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    });
  const commands = [
    queryCommand,
    getCommand,
    sysCommand,
    onlineCommand,
    reportCommand,
    watchCommand,
    resetCommand,
    doctorCommand,
    configCommand,
    collectCommand,
    drainCommand,
    usageCommand,
    gapsCommand,
    adjustCommand,
    statementsCommand,
    mergeCommand,
    informCommand,
    managerCommand,
    demoCommand,
  ];
  for (const create of commands) program.addCommand(create(context));
  passSettingsDown(program);
  return program;
}

function passSettingsDown(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent);
    passSettingsDown(command);
  }
}
