import assert from "node:assert/strict";
import { checkStatsConfig } from "../../src/config/check/check-stats-config.ts";
import { applyEdits } from "../../src/config/edit/text-edit.ts";
import type { EnableOptions, EnableResult } from "../../src/config/enable/enable-options.ts";
import { enableStats } from "../../src/config/enable/enable-stats.ts";
import { type ConfigFile, parseConfig } from "../../src/config/load/parse-config.ts";
import type { ConfigModel, InboundModel, RuleModel } from "../../src/config/model/config-model.ts";
import { readModel } from "../../src/config/model/read-model.ts";
import { member } from "../../src/config/syntax/lookup.ts";
import { ConfigError } from "../../src/errors/config-error.ts";

/** Enables statistics in a configuration of V2Ray or Xray, and checks all that must hold then. */
export function assertEnables(before: readonly ConfigFile[], options: EnableOptions): void {
  const result = enabled(before, options);
  if (result === undefined) return;
  assertIsFixed(before, result, options);
  const [old, made] = [before, result.files].map((each) => readModel(options.core, parseConfig(each), options.version));
  assert.ok(old && made);
  assertCounts(old, made, result);
  assertSameRoutes(old, made);
  // An API that others than this machine reach is not led more connections than before.
  if (!result.untouched.some(({ reason }) => /keeps others out/.test(reason))) assertReachable(made);
  if (!result.untouched.some(({ reason }) => /was that meant/.test(reason))) assertNoErrors(result, options);
}

/** The check has nothing to say against what statistics need; the rest of a configuration may be wrong all the same. */
function assertNoErrors({ files }: EnableResult, options: EnableOptions): void {
  const errors = checkStatsConfig(files, options).filter(({ severity }) => severity === "error");
  const isOurs = /^(?:api|stats|policy|levels?|system|user-level|balancer-selects)-/;
  assert.deepEqual(
    errors.map(({ rule }) => rule).filter((rule) => isOurs.test(rule)),
    [],
  );
}

/** A second run changes nothing, and the way back leads back. */
export function assertIsFixed(before: readonly ConfigFile[], result: EnableResult, options: EnableOptions): void {
  const again = enableStats(result.files, options);
  assert.deepEqual([again.files, again.changes, again.api], [result.files, [], result.api]);
  assert.deepEqual(undone(result), before);
}

/** Where a balancer takes in everything no tag is safe for the API; then nothing is done. */
function enabled(before: readonly ConfigFile[], options: EnableOptions): EnableResult | undefined {
  try {
    return enableStats(before, options);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /this balancer would send/);
    return undefined;
  }
}

function undone({ files, undo }: EnableResult): ConfigFile[] {
  const edits = new Map(undo.map(({ file, edits }) => [file, edits]));
  return files.map(({ name, text }) => ({ name, text: applyEdits(text, edits.get(name) ?? []) }));
}

function assertCounts(old: ConfigModel, made: ConfigModel, { untouched }: EnableResult): void {
  const { stats, policy, inbounds } = made;
  assert.equal(stats?.kind, "object");
  assert.ok(Object.values(policy.system).every(Boolean));
  for (const { name, level } of inbounds.flatMap(({ users }) => users)) {
    const entry = policy.levels.get(level as number);
    if (name !== undefined) assert.ok(entry?.userUplink && entry.userDownlink);
  }
  const left = untouched.filter(({ path }) => /^(in|out)bounds\[\d+\]$/.test(path)).length;
  const outbounds = made.outbounds.slice(0, old.outbounds.length);
  assert.ok([...inbounds, ...outbounds].filter(({ tag }) => tag === undefined).length <= left);
}

/** The API listens by itself, or the first rule for some inbound leads there. */
function assertReachable({ api, inbounds, rules }: ConfigModel): void {
  assert.ok(api?.services.some((name) => /^stats(service)?$/i.test(name)));
  if (api?.listen !== undefined) {
    assert.match(api.listen, /^127\.0\.0\.1:\d+$/);
    return;
  }
  const door = inbounds.find(({ protocol, tag }) => {
    // A call of the API goes to an IP, and meets no condition on names.
    const first = rules.find(({ inboundTags = [tag ?? ""], node }) => {
      return tag !== undefined && inboundTags.includes(tag) && member(node, "domain") === undefined;
    });
    return protocol === "dokodemo-door" && first?.outboundTag !== undefined && first.outboundTag === api?.tag;
  });
  assert.ok(door);
}

/** Users' traffic may be taken from the API, where it should never have been; else it goes where it went. */
function assertSameRoutes(old: ConfigModel, made: ConfigModel): void {
  const isForUsers = ({ leadsToApi }: InboundModel): boolean => !leadsToApi;
  const oldTags = new Set(old.inbounds.map(({ tag }) => tag));
  const added = made.inbounds.filter(({ tag, leadsToApi }) => tag === undefined || (!oldTags.has(tag) && !leadsToApi));
  for (const inbound of old.inbounds.filter(isForUsers)) {
    const { tag, protocol } = inbound;
    const same = tag === undefined ? added.shift() : made.inbounds.find((each) => each.tag === tag);
    assert.ok(same);
    assert.equal(same.protocol, protocol);
    if (same.leadsToApi) continue;
    const [before, after] = [fatesOf(old, inbound), fatesOf(made, same)];
    assert.equal(after.length, before.length);
    after.forEach((fate, step) => {
      if (!before[step]?.includes("API")) assert.equal(fate, before[step]);
    });
  }
}

/** Where the rules lead that may hold for an inbound, in their order, and at the end the default. */
function fatesOf(model: ConfigModel, { tag }: InboundModel): string[] {
  const own = model.rules.filter(({ inboundTags }) => {
    return inboundTags === undefined || (tag !== undefined && inboundTags.includes(tag));
  });
  return [...own.map((each) => fateOf(model, each)), defaultFate(model)];
}

function fateOf(model: ConfigModel, { outboundTag, balancerTag }: RuleModel): string {
  const { outbounds, balancers } = model;
  if (outboundTag !== undefined) {
    if (outboundTag === virtualTag(model)) return "API";
    const index = outbounds.findIndex(({ tag }) => tag === outboundTag);
    return index < 0 ? defaultFate(model) : `outbound ${index}`;
  }
  const { selectors = [] } = balancers.find(({ tag }) => tag === balancerTag) ?? {};
  const tags = [...outbounds.map(({ tag }) => tag), virtualTag(model)];
  return tags
    .map((tag, index) => (index === outbounds.length ? ["API", tag] : [`outbound ${index}`, tag]))
    .flatMap(([name, tag]) => (selectors.some((selector) => tag?.startsWith(selector)) ? [name] : []))
    .join();
}

function defaultFate(model: ConfigModel): string {
  const [first] = model.outbounds;
  if (first === undefined) return virtualTag(model) === undefined ? "nowhere" : "API";
  if (first.tag !== undefined && first.tag === virtualTag(model)) return "API";
  return first.protocol === "blackhole" && model.outbounds.length === 1 ? "nowhere" : "outbound 0";
}

/** The tag under which the API is an outbound. */
function virtualTag({ api }: ConfigModel): string | undefined {
  return api?.listen === undefined ? api?.tag : undefined;
}
