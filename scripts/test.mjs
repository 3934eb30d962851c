#!/usr/bin/env node
// npm test: set-up, then every test. Arguments go to vitest: npm test -- test/engine -t flood
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { main, setup } from "./setup.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function runVitest(args, resultFile) {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const child = spawn(process.execPath, [vitest, "run", ...args], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, VTEPD_TEST_RESULT: resultFile },
  });
  // Ctrl-C reaches vitest too; it ends by itself and its tests clean up. Only then do we.
  process.on("SIGINT", () => {});
  return new Promise((resolve) => child.on("close", (code) => resolve(code ?? 1)));
}

function readResult(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

await main(async () => {
  await setup();
  const folder = mkdtempSync(join(tmpdir(), "vtepd-test-"));
  const resultFile = join(folder, "result.json");
  try {
    const code = await runVitest(process.argv.slice(2), resultFile);
    const { passed, failed, skipped } = readResult(resultFile);
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
    return code !== 0 || failed > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
});
