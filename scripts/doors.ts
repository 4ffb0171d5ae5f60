import { readFileSync } from "node:fs";

/** The doors of the package, as package.json exports them: sub-path to the source file behind it. */
export function packageDoors(): ReadonlyMap<string, string> {
  const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as { exports: Record<string, string> };
  const doors = Object.entries(exports).filter(([, file]) => file.endsWith(".js"));
  return new Map(doors.map(([door, file]) => [door, file.replace("./dist/", "src/").replace(/\.js$/, ".ts")]));
}
