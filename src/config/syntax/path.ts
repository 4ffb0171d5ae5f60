import type { ConfigNode } from "./node.ts";

/** Says where values stand: `inbounds[0].settings.clients[3].level`; the root is "". */
export function pathsOf(root: ConfigNode, wanted: ReadonlySet<ConfigNode>): Map<ConfigNode, string> {
  const found = new Map<ConfigNode, string>();
  const steps: (string | number)[] = [];
  const visit = (node: ConfigNode): void => {
    if (wanted.has(node)) found.set(node, formatPath(steps));
    for (let i = 0; i < node.children.length && found.size < wanted.size; i++) {
      const child = node.children[i] as ConfigNode;
      if (child.children.length === 0 && !wanted.has(child)) continue;
      steps.push(child.key ?? i);
      visit(child);
      steps.pop();
    }
  };
  visit(root);
  return found;
}

function formatPath(steps: readonly (string | number)[]): string {
  return steps
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      if (!/^[A-Za-z_$][\w$-]*$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join("");
}
