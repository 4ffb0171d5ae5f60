/** An output that holds no counters, or none that can be read. */
export interface ForeignOutput {
  /** What it is. */
  readonly problem: string;
  /** What to save instead; `undefined` where the general advice fits. */
  readonly advice?: string;
}

const outputs: readonly (ForeignOutput & { readonly head: RegExp })[] = [
  {
    head: /^Value {2,}Name/,
    problem: "the table of `v2ray api stats`, whose sizes are rounded",
    advice: "Save the output of `v2ray api stats -json`.",
  },
  {
    head: /^-{12}Inbound-{10}/,
    problem: "the tables of traffic.sh, whose sizes are rounded",
    advice: "Save the output of `v2ctl api StatsService.QueryStats`, which the script reads.",
  },
  {
    head: /^(?:\{\s*")?(?:NumGoroutine|NumGC|Alloc|TotalAlloc|Sys|Mallocs|Frees|LiveObjects|PauseTotalNs|Uptime)"?:/,
    problem: "the state of the core's process, not counters",
  },
  { head: /^Item {2,}Value/, problem: "the state of the core's process, not counters" },
  { head: /^\{\s*"(?:users|ips)"/, problem: "a list of who is online, not counters" },
  { head: /^<(?:!doctype|html|head|body|\?xml|!--)/i, problem: "a web page, not counters" },
  {
    head: /^(?:usage:|(?:v2ctl|v2ray|xray) api )/i,
    problem: "a usage text: the command was called wrongly and printed no counters",
  },
  {
    head: /^(?!stat\b|[[{]).*(?:failed to |rpc error)/,
    problem: "an error of the command, which printed no counters",
    advice: "Save the output again when the core answers.",
  },
  {
    head: /^\ufffd/,
    problem: "not UTF-8",
    advice: "Read the file in its own encoding: `>` in Windows PowerShell writes UTF-16.",
  },
];

/** Recognises what is often saved in place of counters; `undefined` for anything else. */
export function recogniseForeignOutput(text: string): ForeignOutput | undefined {
  const head = text.slice(0, 500).trimStart();
  return outputs.find((output) => output.head.test(head));
}
