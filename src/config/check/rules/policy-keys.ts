import type { ConfigEditor } from "../../edit/config-editor.ts";
import { type ConfigModel, systemFlags } from "../../model/config-model.ts";
import { member, sameKey } from "../../syntax/lookup.ts";
import type { ConfigNode } from "../../syntax/node.ts";
import type { Report, Rule } from "../rule.ts";
import { setSystemFlags, setUserFlags, userFlags } from "./policy-flags.ts";

const timeouts = ["handshake", "connIdle", "uplinkOnly", "downlinkOnly", "bufferSize"];
const v2rayKeys = {
  policy: ["levels", "system"],
  level: [...userFlags, "statsUserOnline", ...timeouts],
  system: [...systemFlags, "overrideAccessLogDest"],
};
const jsonv5Keys = {
  policy: ["level", "system"],
  level: ["timeout", "stats", "buffer"],
  levelStats: ["userUplink", "userDownlink"],
  system: ["stats", "overrideAccessLogDest"],
  systemStats: ["inboundUplink", "inboundDownlink", "outboundUplink", "outboundDownlink"],
};

export const policyUnknownKey: Rule = {
  id: "policy-unknown-key",
  severity: "warning",
  targets: ["v2ray4", "v2ray5", "v2ray5-jsonv5", "xray"],
  summary: "A name in `policy`, in a level or in `system` is none that the core knows there.",
  consequence: "It is silently ignored: what it was to count is not counted.",
  fix: "Write the name that was meant, in its place.",
  evidence: "measured",
  check(model, report) {
    if (model.target === "v2ray5-jsonv5") checkJsonV5(model, report);
    else checkV2Ray(model, report);
  },
};

function checkV2Ray(model: ConfigModel, report: (finding: Report) => void): void {
  const { node, levels, systemNode } = model.policy;
  for (const { child, near } of unknownKeys(node, v2rayKeys.policy, sameKey)) report(slip(child, near, "the policy"));
  for (const [number, level] of levels) {
    for (const { parent, child, near } of unknownKeys(level.node, v2rayKeys.level, sameKey)) {
      const elsewhere = systemFlags.filter((flag) => sameKey(flag, child.key as string));
      if (elsewhere.length === 0) report(slip(child, near, `level ${number} of the policy`));
      else report(misplaced(parent, child, "system", (editor) => setSystemFlags(model, editor, elsewhere)));
    }
  }
  for (const { parent, child, near } of unknownKeys(systemNode, v2rayKeys.system, sameKey)) {
    const elsewhere = userFlags.some((flag) => sameKey(flag, child.key as string));
    if (elsewhere) report(misplaced(parent, child, "levels", (editor) => setUserFlags(model, editor, 0)));
    else report(slip(child, near, "system of the policy"));
  }
}

/** jsonv5 looks at case, and refuses what it does not know. */
function checkJsonV5(model: ConfigModel, report: (finding: Report) => void): void {
  const { node, levels, systemNode } = model.policy;
  const refused = {
    severity: "error",
    consequence: 'The core refuses to start: `unknown field "…" in v2ray.core.app.policy`.',
  } as const;
  const check = (object: ConfigNode | undefined, known: readonly string[], place: string): void => {
    for (const { child, near } of unknownKeys(object, known, isProtoName))
      report({ ...slip(child, near, place), ...refused });
  };
  check(node, jsonv5Keys.policy, "the policy");
  for (const [number, level] of levels) {
    check(level.node, jsonv5Keys.level, `level ${number} of the policy`);
    check(member(level.node, "stats"), jsonv5Keys.levelStats, `level ${number} of the policy`);
  }
  check(systemNode, jsonv5Keys.system, "system of the policy");
  check(member(systemNode, "stats"), jsonv5Keys.systemStats, "system of the policy");
}

/** Protobuf's JSON takes a name as it is, or in snake case. */
function isProtoName(key: string, known: string): boolean {
  return key === known || key === known.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

interface UnknownKey {
  readonly parent: ConfigNode;
  readonly child: ConfigNode;
  /** The known name it is most like, if that is still free. */
  readonly near: string | undefined;
}

function unknownKeys(
  object: ConfigNode | undefined,
  known: readonly string[],
  same: (key: string, known: string) => boolean,
): UnknownKey[] {
  if (object?.kind !== "object") return [];
  return object.children.flatMap((child) => {
    const key = child.key as string;
    // People write remarks as members.
    if (/^(?:_|\/\/|#|\$)/.test(key) || known.some((name) => same(key, name))) return [];
    const near = known.find((name) => isSlipOf(key.toLowerCase(), name.toLowerCase()));
    const free =
      near !== undefined && !object.children.some((other) => other !== child && same(other.key as string, near));
    return [{ parent: object, child, near: free ? near : undefined }];
  });
}

function slip(child: ConfigNode, near: string | undefined, place: string): Report {
  const message = `${place} has no ${JSON.stringify(child.key)}`;
  if (near === undefined) return { at: child, onKey: true, message };
  return {
    at: child,
    onKey: true,
    message: `${message}; ${JSON.stringify(near)} is meant`,
    edit: (editor) => editor.rename(child, near),
  };
}

function misplaced(parent: ConfigNode, child: ConfigNode, place: string, add: (editor: ConfigEditor) => void): Report {
  const moved = child.value === true;
  return {
    at: child,
    onKey: true,
    message: `${JSON.stringify(child.key)} does nothing here; it belongs into ${JSON.stringify(place)}`,
    edit: (editor) => {
      editor.remove(parent, child);
      if (moved) add(editor);
    },
  };
}

function isSlipOf(key: string, name: string): boolean {
  return Math.abs(key.length - name.length) <= 2 && distance(key, name) <= 2;
}

/** How many letters must be added, left out or replaced to make one text of the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, replaced));
    }
    row = next;
  }
  return row[b.length] as number;
}
