// Writes schema/: JSON Schemas of what bears on statistics, for editors, from the types that the builder writes. With
// --check compares instead.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createGenerator } from "ts-json-schema-generator";

const families = [
  { type: "V2rayStatsConfig", name: "v2ray", title: "V2Ray 4, V2Ray 5 or Xray" },
  { type: "Jsonv5StatsConfig", name: "v2ray5-jsonv5", title: "V2Ray 5 in jsonv5" },
  { type: "SingBoxStatsConfig", name: "sing-box", title: "sing-box" },
];

const generator = createGenerator({
  path: "src/config/build/config-blocks.ts",
  tsconfig: "tsconfig.json",
  // It has a compiler of its own, which does not know all of our options; ours checks types.
  skipTypeCheck: true,
  // Whatever does not bear on statistics is somebody else's to describe.
  additionalProperties: true,
  topRef: false,
});

function schemaText(type: string, title: string): string {
  // A file need not say everything: there may be others, and it may count nothing.
  const { required: _, description: __, ...schema } = generator.createSchema(type);
  const whole = { $schema: schema.$schema, title: `Traffic statistics of ${title}`, ...schema };
  const format = ["node_modules/@biomejs/biome/bin/biome", "format", "--stdin-file-path=schema.json"];
  return execFileSync(process.execPath, format, { input: JSON.stringify(whole, null, 2), encoding: "utf8" });
}

function committed(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

const check = process.argv.includes("--check");
for (const { type, name, title } of families) {
  const file = `schema/${name}-stats-config.schema.json`;
  const text = schemaText(type, title);
  if (!check) {
    mkdirSync("schema", { recursive: true });
    writeFileSync(file, text);
  } else if (committed(file) !== text) {
    console.error(`${file} is not what the types say; \`node scripts/schema.ts\` writes it`);
    process.exitCode = 1;
  }
}
