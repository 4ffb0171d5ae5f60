import { copyFileSync } from "node:fs";
import { join } from "node:path";
import type { ApiPlace, CaseRun } from "./case-run.ts";
import { makeCertificates } from "./certificates.ts";

/** Puts server.pem, server.key and ca.pem into the directories of runs; the API's place for a client that has no certificate. */
export function writeCertificates(...runs: readonly CaseRun[]): ApiPlace {
  using certificates = makeCertificates();
  for (const { directory } of runs) {
    copyFileSync(certificates.server.certificateFile, join(directory, "server.pem"));
    copyFileSync(certificates.server.keyFile, join(directory, "server.key"));
    copyFileSync(certificates.ca.certificateFile, join(directory, "ca.pem"));
  }
  return { address: "https://127.0.0.1:20000", tls: { ca: certificates.ca.cert } };
}
