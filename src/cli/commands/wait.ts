// vtepd wait: until the VTEP forwards. The daemon may not even have been started yet.

import { setTimeout as pause } from "node:timers/promises";
import type { Command } from "commander";
import type { Readiness } from "../../api/operations.js";
import { VtepError } from "../../wire/error.js";
import { ask } from "../client.js";
import { secondsUpTo, socketFor } from "./options.js";

const DEFAULT_SECONDS = 30;
const LONGEST_SECONDS = 3600;
const RETRY_MS = 50;
/** For the answer that a busy daemon gives at the last moment. */
const GRACE_MS = 2_000;

export function registerWait(program: Command): void {
  const command = program
    .command("wait")
    .description("wait until the VTEP forwards")
    .option("--timeout <seconds>", "give up after this time", secondsUpTo(LONGEST_SECONDS), DEFAULT_SECONDS)
    .action(({ timeout }: { timeout: number }) => wait(socketFor(command), timeout));
}

async function wait(socket: string, timeoutSeconds: number): Promise<void> {
  const end = performance.now() + timeoutSeconds * 1000;
  for (;;) {
    const leftMs = Math.max(0, end - performance.now());
    const { ready, reasons } = await readiness(socket, leftMs);
    if (ready) return;
    if (performance.now() >= end) throw notReady(timeoutSeconds, reasons);
    await pause(Math.min(RETRY_MS, leftMs));
  }
}

/** A daemon that does not answer is not ready; that it did not answer is the reason. */
async function readiness(socket: string, leftMs: number): Promise<Readiness> {
  const query = { timeout: (leftMs / 1000).toFixed(3) };
  try {
    return await ask<Readiness>(socket, { path: "wait", query, silenceMs: leftMs + GRACE_MS });
  } catch (error) {
    const isAway = error instanceof VtepError && (error.code === "no_vtep" || error.code === "answer_broken_off");
    if (isAway) return { ready: false, reasons: [error.message] };
    throw error;
  }
}

function notReady(timeoutSeconds: number, reasons: readonly string[]): VtepError {
  const why = reasons.length > 0 ? reasons.join("; ") : "no reason given";
  return new VtepError("not_ready", `not ready after ${timeoutSeconds} s: ${why}`, { reasons });
}
