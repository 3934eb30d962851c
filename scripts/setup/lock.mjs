// Two set-ups in one checkout would overwrite each other's output: the second one waits for the first.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function tryTake(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    return false;
  }
}

function holderOf(file) {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return 0;
  }
}

/** Runs `work` while holding `file`; the lock of a process that died is taken over. */
export async function withLock(file, say, work) {
  mkdirSync(dirname(file), { recursive: true });
  for (let waited = false; !tryTake(file); ) {
    const holder = holderOf(file);
    // 0: released meanwhile, or not yet written; either way look again.
    if (holder !== 0 && !isAlive(holder)) rmSync(file, { force: true });
    else {
      if (!waited) say(`waits for another set-up in this checkout (process ${holder})`);
      waited = true;
      await delay(100);
    }
  }
  const release = () => rmSync(file, { force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.removeListener("exit", release);
    release();
  }
}
