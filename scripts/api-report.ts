// Compares what each door shows with its report under etc/api, or with --update writes the reports. Needs dist/.
import { resolve } from "node:path";
import { Extractor, ExtractorConfig } from "@microsoft/api-extractor";
import { packageDoors } from "./doors.ts";

const update = process.argv.includes("--update");
let wrong = 0;
for (const [door, source] of packageDoors()) {
  const entry = source.replace("src/", "dist/").replace(/\.ts$/, ".d.ts");
  const name = door === "." ? "index" : door.slice(2).replaceAll("/", "-");
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: resolve("."),
      mainEntryPointFilePath: resolve(entry),
      compiler: { tsconfigFilePath: resolve("tsconfig.json"), skipLibCheck: true },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: resolve("etc/api"),
        reportTempFolder: resolve(".tmp/api"),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: "error" as never } },
        extractorMessageReporting: {
          default: { logLevel: "error" as never },
          // Everything public here is public; there are no release stages to mark.
          "ae-missing-release-tag": { logLevel: "none" as never },
          // TypeDoc checks links, over all doors.
          "ae-unresolved-link": { logLevel: "none" as never },
        },
        tsdocMessageReporting: { default: { logLevel: "none" as never } },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: resolve("package.json"),
  });
  const result = Extractor.invoke(config, { localBuild: update, showVerboseMessages: false });
  if (!result.succeeded) wrong++;
}
if (wrong > 0) {
  console.error(
    `${wrong} doors differ from etc/api or show what they should not; \`npm run api:update\` writes the reports`,
  );
  process.exitCode = 1;
}
