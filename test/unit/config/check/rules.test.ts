// Every rule on every case: it fires on the faulty text and not on its mended twin, and so does no other by mistake.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Report, Rule } from "../../../../src/config/check/rule.ts";
import { rules } from "../../../../src/config/check/rules.ts";
import { ConfigEditor } from "../../../../src/config/edit/config-editor.ts";
import { applyEdits } from "../../../../src/config/edit/text-edit.ts";
import { compareText } from "../../../../src/config/load/merge-keys.ts";
import { type ConfigFile, parseConfig } from "../../../../src/config/load/parse-config.ts";
import type { ConfigModel } from "../../../../src/config/model/config-model.ts";
import { readModel } from "../../../../src/config/model/read-model.ts";
import { allCases } from "../../../config-cases/all-cases.ts";
import type { CaseText, RuleCase } from "../../../config-cases/rule-case.ts";

for (const each of allCases) {
  const { target, rule, title, faulty, fixed, also = [], alsoFaulty = [], alsoFixed = [] } = each;
  describe([target, rule, title].filter((word) => word !== undefined).join(" "), () => {
    test("fires on the faulty text", () => {
      assert.deepEqual(firing(each, faulty), sorted([rule, ...also, ...alsoFaulty]));
    });
    test("does not fire on its twin", () => {
      assert.deepEqual(firing(each, fixed), sorted([...also, ...alsoFixed]));
    });
    test("names the place and what to do", () => {
      for (const { at, message } of reportsOf(ruleCalled(rule), modelOf(each, faulty))) {
        assert.match(message, /^\S.*[^\s.]$/s);
        assert.ok(at.start >= 0 && at.end >= at.start && at.end <= at.file.text.length);
      }
    });
    test("its edits mend it", () => {
      const mended = mend(each);
      if (mended !== undefined) assert.ok(!firing(each, mended).includes(rule), JSON.stringify(mended));
    });
  });
}

test("every rule has a case for each of its targets", () => {
  const known = new Set(allCases.map(({ rule, target }) => `${rule} ${target}`));
  const lacking = rules.flatMap(({ id, targets }) => targets.map((target) => `${id} ${target}`));
  assert.deepEqual(
    lacking.filter((each) => !known.has(each)),
    [],
  );
});

test("every case is of a rule, and named once", () => {
  const ids = new Set(rules.map(({ id }) => id));
  assert.deepEqual(
    allCases.filter(({ rule }) => !ids.has(rule)).map(({ rule }) => rule),
    [],
  );
  const names = allCases.map(({ target, rule, title }) => `${target} ${rule} ${title}`);
  assert.deepEqual(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  );
});

function ruleCalled(id: string): Rule {
  const found = rules.find((rule) => rule.id === id);
  assert.ok(found, `there is no rule ${id}`);
  return found;
}

function filesOf(text: CaseText): readonly ConfigFile[] {
  // A directory is read in the order of its files' names.
  return typeof text === "string"
    ? [{ name: "config.json", text }]
    : text.toSorted((a, b) => compareText(a.name, b.name));
}

function modelOf({ target, version }: RuleCase, text: CaseText): ConfigModel {
  return readModel(target, parseConfig(filesOf(text), undefined, target), version);
}

function reportsOf(rule: Rule, model: ConfigModel): Report[] {
  const reports: Report[] = [];
  rule.check(model, (report) => reports.push(report));
  return reports;
}

function firing(each: RuleCase, text: CaseText): string[] {
  const model = modelOf(each, text);
  const applied = rules.filter(({ targets }) => targets.includes(each.target));
  return sorted(applied.filter((rule) => reportsOf(rule, model).length > 0).map(({ id }) => id));
}

function sorted(words: readonly string[]): string[] {
  return words.toSorted();
}

/** The faulty files after all edits of the case's rule; `undefined` where one of its findings has none. */
function mend(each: RuleCase): readonly ConfigFile[] | undefined {
  const reports = reportsOf(ruleCalled(each.rule), modelOf(each, each.faulty));
  const editor = new ConfigEditor();
  for (const { edit } of reports) {
    if (edit === undefined) return undefined;
    edit(editor);
  }
  const edits = new Map(Array.from(editor.edits(), ([file, made]) => [file.name, made]));
  return filesOf(each.faulty).map(({ name, text }) => ({ name, text: applyEdits(text, edits.get(name) ?? []) }));
}
