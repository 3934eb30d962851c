// A vitest reporter that ends with what a reader looks for: every failed test with the beginning of its failure, every
// test that passed only when it was run again, every skipped one with its reason. It leaves the totals for
// scripts/test.mjs in the file that VTEPD_TEST_RESULT names. Under CI as root nothing may be skipped but for a reason
// on the allow-list.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ALLOW_LIST = fileURLToPath(new URL("../../test/allowed-skips.txt", import.meta.url));

/** One reason a line; # starts a comment. */
export function parseAllowList(text) {
  return text
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter(Boolean);
}

/** The skips that CI must not accept: those whose reason does not contain a line of the list. */
export const forbiddenSkips = (skips, allowed) =>
  skips.filter(({ reason }) => !allowed.some((part) => reason.includes(part)));

/** What of a failure stands in the summary: a lab's goes on with a diagnosis of some hundred lines. */
const SUMMARY_LINES = 8;

const nameOf = (testModule, test) => `${testModule.relativeModuleId} > ${test.fullName}`;

function beginningOf(errors) {
  const lines = (errors ?? []).flatMap(({ message }) => String(message).split("\n").slice(0, SUMMARY_LINES));
  return lines.map((line) => `\n    ${line}`).join("");
}

/** `failed` and `passed only when run again`, a line each, and how the first try failed. */
function trouble(testModules) {
  const lines = [];
  for (const testModule of testModules) {
    for (const test of testModule.children.allTests()) {
      const { state, errors } = test.result();
      const name = nameOf(testModule, test);
      if (state === "failed") lines.push(`failed: ${name}:${beginningOf(errors)}`);
      else if (test.diagnostic()?.flaky) lines.push(`passed only when run again: ${name}:${beginningOf(errors)}`);
    }
  }
  return lines;
}

function skipsOf(testModules) {
  const skips = [];
  for (const testModule of testModules) {
    for (const test of testModule.children.allTests("skipped")) {
      // A test that skips itself says why; one that was declared skipped says it in its name or its suite's.
      skips.push({
        name: nameOf(testModule, test),
        reason: test.result().note ?? test.fullName,
      });
    }
  }
  return skips;
}

const countOf = (testModules, state) =>
  testModules.reduce((sum, one) => sum + [...one.children.allTests(state)].length, 0);

/** Failures that no test carries: a file that does not load, a hook, a stray rejection. */
function otherFailures(testModules, unhandledErrors) {
  const broken = testModules.filter((one) => !one.ok() && [...one.children.allTests("failed")].length === 0);
  return broken.length + unhandledErrors.length;
}

export default class SkipReporter {
  onTestRunEnd(testModules, unhandledErrors) {
    const skips = skipsOf(testModules);
    for (const { name, reason } of skips) console.log(`skipped: ${name}: ${reason}`);
    const strict = process.env.CI === "true" && process.getuid() === 0;
    const forbidden = strict ? forbiddenSkips(skips, parseAllowList(readFileSync(ALLOW_LIST, "utf8"))) : [];
    for (const line of trouble(testModules)) console.log(line);
    for (const { name } of forbidden)
      console.log(`failed: ${name}: as root on CI this may not be skipped (test/allowed-skips.txt)`);
    const result = {
      passed: countOf(testModules, "passed"),
      failed: countOf(testModules, "failed") + otherFailures(testModules, unhandledErrors) + forbidden.length,
      skipped: skips.length - forbidden.length,
    };
    const file = process.env.VTEPD_TEST_RESULT;
    if (file) writeFileSync(file, JSON.stringify(result));
  }
}
