/** What a command touches of its process, so that tests can stand in for it. */
export interface CliContext {
  /** The package's version. */
  readonly version: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Aborted by Ctrl-C or a termination signal. */
  readonly signal: AbortSignal;
}

/** Writes to standard output, waiting where it is full. */
export async function print(context: CliContext, text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    context.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** Writes a value as JSON on one line. */
export async function printJson(context: CliContext, value: unknown): Promise<void> {
  await print(context, `${JSON.stringify(value)}\n`);
}
