// Why a daemon of FRR cannot be asked, in words that say what to do.

import { existsSync } from "node:fs";

export interface Unreachable {
  /** refused: it may well run, only we may not ask it. */
  readonly state: "down" | "refused";
  readonly reason: string;
}

export function unreachable(folder: string, daemon: string, error: unknown): Unreachable {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const path = `${folder}/${daemon}.vty`;
  const down = (why: string): Unreachable => ({
    state: "down",
    reason: `${daemon} does not answer at ${path}: ${why}`,
  });
  if (code === "EACCES" || code === "EPERM") {
    const remedy = "run vtepd as root, or in FRR's vty group (frrvty)";
    return { state: "refused", reason: `not allowed to ask ${daemon} at ${path}: ${remedy}` };
  }
  if (code === "ENOENT" && !existsSync(folder)) {
    return down("there is no such folder; FRR was never started, or control.frr.vtysh names another one");
  }
  if (code === "ENOENT") return down(`there is no such socket; ${daemon} is not running`);
  if (code === "ECONNREFUSED") return down("it has ended");
  return down(error instanceof Error ? error.message : String(error));
}
