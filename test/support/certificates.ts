import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate and its key, PEM. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** A small authority and those it vouches for. */
export interface Certificates extends Disposable {
  readonly ca: Certificate;
  /** An authority that nobody trusts. */
  readonly otherCa: Certificate;
  /** Of 127.0.0.1 and `core.test`. */
  readonly server: Certificate;
  readonly client: Certificate;
}

/**
 * Why no certificates can be made here; `undefined` where they can.
 *
 * @throws Error where they cannot with CI=true.
 */
export function opensslMissing(): string | undefined {
  const run = spawnSync("openssl", ["version"], { encoding: "utf8" });
  if (run.error === undefined && run.stdout.startsWith("OpenSSL 3.")) return undefined;
  const missing = `OpenSSL 3 does not run: ${run.error?.message ?? run.stdout.trim()}`;
  if (process.env.CI === "true") throw new Error(`CI=true, and ${missing}`);
  return missing;
}

/** Makes certificates with the machine's `openssl`; they are gone with the test. */
export function makeCertificates(): Certificates {
  const directory = mkdtempSync(join(tmpdir(), "v2ray-stats-certificates-"));

  function make(name: string, extensions: readonly string[], issuer?: Certificate): Certificate {
    const certificateFile = join(directory, `${name}.pem`);
    const keyFile = join(directory, `${name}.key`);
    const signed = issuer === undefined ? [] : ["-CA", issuer.certificateFile, "-CAkey", issuer.keyFile];
    const words = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const files = ["-keyout", keyFile, "-out", certificateFile, "-subj", `/CN=${name}`];
    const added = extensions.flatMap((extension) => ["-addext", extension]);
    execFileSync("openssl", ["req", "-x509", ...words, ...files, ...added, ...signed], { stdio: "pipe" });
    return { cert: readFileSync(certificateFile), key: readFileSync(keyFile), certificateFile, keyFile };
  }

  const ca = make("ca", []);
  return {
    ca,
    otherCa: make("other-ca", []),
    server: make("server", ["subjectAltName=DNS:core.test,IP:127.0.0.1", "basicConstraints=critical,CA:FALSE"], ca),
    client: make("client", ["basicConstraints=critical,CA:FALSE"], ca),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
