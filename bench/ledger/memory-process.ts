import { measureMemory } from "./memory.ts";

process.stdout.write(JSON.stringify(await measureMemory(Number(process.argv[2]))));
