#!/usr/bin/env node
// One command from a fresh clone to a built checkout. Uses Node's own modules only, because it runs before npm has
// installed any. When nothing is missing it costs a fraction of a second, so every npm script calls it.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildAddon, buildBpf, buildTypeScript } from "./setup/build.mjs";
import { kernelNotes } from "./setup/kernel.mjs";
import { withLock } from "./setup/lock.mjs";
import { checkNode, installModules } from "./setup/modules.mjs";
import { installPackages } from "./setup/packages.mjs";
import { Report, SetupError } from "./setup/report.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

export async function setup({ buildOnly = false } = {}) {
  const report = new Report();
  checkNode();
  await withLock(
    join(root, ".vtepd/setup.lock"),
    (text) => report.say(text),
    async () => {
      if (!buildOnly) {
        await report.step("packages", () => installPackages(report));
        await report.step("npm packages", () => installModules(root, report));
      }
      await report.step("eBPF objects", () => buildBpf(root));
      await report.step("native addon", () => buildAddon(root));
      await report.step("TypeScript", () => buildTypeScript(root));
    },
  );
  for (const note of kernelNotes()) console.log(`  note: ${note}`);
  report.end(buildOnly ? "build" : "set-up");
}

/** Runs a command of scripts/: a set-up failure is a sentence, anything else is a defect and shows its stack. */
export async function main(work) {
  try {
    process.exitCode = await work();
  } catch (error) {
    console.error(error instanceof SetupError ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(() => setup({ buildOnly: process.argv.includes("--build") }));
}
