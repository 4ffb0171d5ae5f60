#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { CommanderError } from "commander";
import { errorLine, exitCodeOf } from "./exit-code.ts";
import { createProgram } from "./program.ts";

const stop = new AbortController();
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const onSignal = (signal: NodeJS.Signals): void => {
  stop.abort(new Error(`stopped by ${signal}`));
  // A terminal that is closed, and npm at Ctrl-C, send it twice. Whoever sends another one later wants an end at once.
  setTimeout(() => {
    for (const each of signals) process.off(each, onSignal);
  }, 2000).unref();
};
for (const signal of signals) process.on(signal, onSignal);
// The reader has seen enough, as in `v2ray-stats query | head`. A command that listens itself has an end of its own.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE" && process.stdout.listenerCount("error") === 1) process.exit(0);
});

// This file alone keeps its place when it is built.
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const { stdin, stdout, stderr } = process;
try {
  await createProgram({ version, stdin, stdout, stderr, signal: stop.signal }).parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  // Commander has said its own errors.
  if (!(error instanceof CommanderError)) stderr.write(`${errorLine(error)}\n`);
}
