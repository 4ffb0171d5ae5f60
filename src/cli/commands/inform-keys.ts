import { Command, Option } from "commander";
import { type KeyHolder, type KeyRight, keyAge, keyRights } from "../../inform/keys/key.ts";
import { type CliContext, print } from "../context.ts";
import { repeated } from "../node-options.ts";
import { formatJson, formatJsonArray, oneLine } from "../output-forms.ts";
import { readFlagFile } from "../read-flag-file.ts";
import { asUsageError, UsageError } from "../usage-error.ts";

interface KeysFlags {
  readonly keyFile: string;
  readonly json?: true | undefined;
}

interface AddFlags extends KeysFlags {
  readonly right?: readonly string[] | undefined;
  readonly secret?: true | undefined;
  readonly notBefore?: string | undefined;
  readonly notAfter?: string | undefined;
}

const defaultFile = "keys.json";

const rightsText = `
Rights: usage brings the traffic and gaps of its own node; corrections brings adjustments, aliases and erasures too, of
all nodes; totals asks what users used on all nodes.`;

export function informKeysCommand(context: CliContext): Command {
  return new Command("keys")
    .description("Make, list and remove the keys with which nodes send. A running receiver sees changes at once.")
    .addCommand(addCommand(context))
    .addCommand(listCommand(context))
    .addCommand(removeCommand(context));
}

function keyFileOption(): Option {
  return new Option("--key-file <file>", "the receiver's keys").default(defaultFile);
}

function addCommand(context: CliContext): Command {
  return new Command("add")
    .description("Make a key for a node and print it: it cannot be had again. The file holds its hash.")
    .argument("<node>", "the node that may send with it")
    .addOption(keyFileOption())
    .option("--right <right>", `what it may do, repeatable: ${keyRights.join(", ")} (default: usage)`, repeated)
    .option("--secret", "a secret that signs bodies and is never sent; the file holds it readable")
    .option("--not-before <time>", "from when it is good")
    .option("--not-after <time>", "from when it is good no more")
    .addHelpText("after", rightsText)
    .action(async (node: string, _flags: unknown, command: Command) => {
      const { keyFile, json, right = ["usage"], secret, notBefore, notAfter } = command.optsWithGlobals<AddFlags>();
      const { makeKey, makeSigningSecret } = await import("../../inform/keys/make-key.ts");
      const { updateKeyFile } = await import("../../inform/keys/update-key-file.ts");
      const rights = right as readonly KeyRight[];
      let text: string;
      let holder: KeyHolder;
      try {
        const times = { notBefore: await timeOf(notBefore), notAfter: await timeOf(notAfter) };
        if (secret) {
          const made = makeSigningSecret(node, rights, times);
          await updateKeyFile(keyFile, (file) => ({ ...file, secrets: [...file.secrets, made.secret] }));
          [text, holder] = [made.text, made.secret];
        } else {
          const made = makeKey(node, rights, times);
          await updateKeyFile(keyFile, (file) => ({ ...file, keys: [...file.keys, made.key] }));
          [text, holder] = [made.text, made.key];
        }
      } catch (error) {
        throw asUsageError(error);
      }
      const line = { ...lineOf(secret ? "secret" : "key", holder, new Date()), text };
      await print(context, `${json ? formatJson(line) : text}\n`);
    });
}

async function timeOf(text: string | undefined): Promise<Date | undefined> {
  if (text === undefined) return undefined;
  const { parseZonedTime } = await import("../../usage/zoned-time.ts");
  return parseZonedTime(text, "UTC");
}

function listCommand(context: CliContext): Command {
  return new Command("list")
    .description("Show whose keys there are; the keys themselves cannot be shown.")
    .addOption(keyFileOption())
    .action(async (_flags: unknown, command: Command) => {
      const { keyFile, json } = command.optsWithGlobals<KeysFlags>();
      const { parseKeyFile } = await import("../../inform/keys/key-file.ts");
      const { keys, secrets } = parseKeyFile(await readFlagFile("--key-file", keyFile), keyFile);
      const now = new Date();
      const all = [
        ...keys.map((key) => lineOf("key", key, now)),
        ...secrets.map((each) => lineOf("secret", each, now)),
      ];
      if (json) return print(context, formatJsonArray(all));
      const { formatTable } = await import("../../report/format-table.ts");
      const rows = all.map(({ id, kind, node, rights, state, notAfter }) => {
        return [id, kind, oneLine(node), rights.join(","), state, notAfter ?? "-"];
      });
      const columns = ["ID", "KIND", "NODE", "RIGHTS", "STATE", "UNTIL"].map((title) => ({ title }));
      await print(context, all.length === 0 ? "no keys\n" : formatTable(columns, rows));
    });
}

interface KeyLine extends Pick<KeyHolder, "id" | "node" | "rights"> {
  readonly kind: "key" | "secret";
  readonly state: ReturnType<typeof keyAge>;
  readonly notBefore: string | null;
  readonly notAfter: string | null;
}

function lineOf(kind: KeyLine["kind"], holder: KeyHolder, now: Date): KeyLine {
  const { id, node, rights, notBefore, notAfter } = holder;
  const times = { notBefore: notBefore?.toISOString() ?? null, notAfter: notAfter?.toISOString() ?? null };
  return { id, kind, node, rights, state: keyAge(holder, now), ...times };
}

function removeCommand(context: CliContext): Command {
  return new Command("remove")
    .description("Remove a key or secret: nothing more is taken from who sends with it.")
    .argument("<id>", "which one, as inform keys list shows it")
    .addOption(keyFileOption())
    .action(async (id: string, _flags: unknown, command: Command) => {
      const { keyFile, json } = command.optsWithGlobals<KeysFlags>();
      const { updateKeyFile } = await import("../../inform/keys/update-key-file.ts");
      const others = <Holder extends KeyHolder>(all: readonly Holder[]): Holder[] =>
        all.filter((each) => each.id !== id);
      await updateKeyFile(keyFile, (file) => {
        const left = { keys: others(file.keys), secrets: others(file.secrets) };
        if (left.keys.length + left.secrets.length === file.keys.length + file.secrets.length)
          throw new UsageError(`no key ${id} is in ${keyFile}`);
        return left;
      });
      await print(context, `${json ? formatJson({ removed: id }) : `removed ${oneLine(id)}`}\n`);
    });
}
