import * as v from "valibot";

type Schema = v.GenericSchema<unknown, unknown>;
type Outputs<Views extends Record<string, Schema>> = { [Name in keyof Views]: v.InferOutput<Views[Name]> };

/** Reads one value in several ways: the manager's answers put numbers and whose they are into one object. */
export function views<const Views extends Record<string, Schema>>(
  schemas: Views,
): v.GenericSchema<unknown, Outputs<Views>> {
  return v.pipe(
    v.unknown(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const outputs: Record<string, unknown> = {};
      for (const [name, schema] of Object.entries(schemas)) {
        const read = v.safeParse(schema, dataset.value);
        if (!read.success) {
          const [{ path }] = read.issues;
          addIssue({ message: whatIsWrong(read.issues), ...(path && { path: [...path] as typeof path }) });
          return NEVER;
        }
        outputs[name] = read.output;
      }
      return outputs as Outputs<Views>;
    }),
  );
}

/** Reads one member of an object; `undefined` stands for a missing one. */
export function member<Value>(name: string, schema: v.GenericSchema<unknown, Value>): v.GenericSchema<unknown, Value> {
  return v.pipe(
    v.unknown(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const input = dataset.value;
      const value = isObject(input) && Object.hasOwn(input, name) ? input[name] : undefined;
      const read = v.safeParse(schema, value);
      if (read.success) return read.output;
      const [{ path }] = read.issues;
      const step = { type: "unknown", origin: "value", input, key: name, value } as const;
      addIssue({ message: whatIsWrong(read.issues), path: [step, ...(path ?? [])] });
      return NEVER;
    }),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

type Issues = readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]];

function whatIsWrong([issue]: Issues): string {
  return issue.expected === null ? issue.message : `expected ${issue.expected}`;
}

/** The first thing that is wrong, and where; without what was received, which may be anything. */
export function describeIssue(issues: Issues): string {
  const path = v.getDotPath(issues[0]);
  return path === null ? whatIsWrong(issues) : `${whatIsWrong(issues)} at ${path}`;
}
