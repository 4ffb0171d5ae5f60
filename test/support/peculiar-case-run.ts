import { copyFileSync } from "node:fs";
import { join } from "node:path";
import type { CaseRun } from "./case-run.ts";
import { type Certificate, makeCertificates } from "./certificates.ts";

/** A counter by `scope/subject/direction`, 0 where there is none. */
export async function bytesOf(run: CaseRun, name: string): Promise<bigint> {
  const [scope, subject, direction] = name.split("/");
  return (await run.counters()).get(`${scope}>>>${subject}>>>traffic>>>${direction}link`) ?? 0n;
}

/**
 * Puts a certificate of `core.test` and its authority's into the run's directory: `server.pem`, `server.key`, `ca.pem`.
 *
 * @returns That of `core.test`; its files are in another place, and gone.
 */
export function withCertificates(run: CaseRun): Pick<Certificate, "cert" | "key"> {
  using certificates = makeCertificates();
  const { server, ca } = certificates;
  copyFileSync(server.certificateFile, join(run.directory, "server.pem"));
  copyFileSync(server.keyFile, join(run.directory, "server.key"));
  copyFileSync(ca.certificateFile, join(run.directory, "ca.pem"));
  return { cert: server.cert, key: server.key };
}
