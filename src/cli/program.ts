// The command line: its words. Each command loads what it needs when it runs, so that a client answers at once.

import { Command } from "commander";
import { readVersion } from "../telemetry/version.js";
import { registerBench } from "./commands/bench.js";
import { registerCheck } from "./commands/check.js";
import { registerEthertypeFix } from "./commands/ethertype_fix.js";
import { registerReload } from "./commands/reload.js";
import { registerEnable, registerFlush } from "./commands/repair.js";
import { registerRun } from "./commands/run.js";
import { registerShow } from "./commands/show.js";
import { registerWait } from "./commands/wait.js";

const EXIT_CODES = `
Exit codes: 0 done, 1 the thing asked for failed, 2 the command line or config is wrong, 3 no VTEP answers.`;

/** Throws CommanderError instead of ending the process. */
export async function createProgram(args: readonly string[]): Promise<Command> {
  const program = new Command("vtepd")
    .description("A VXLAN tunnel endpoint (VTEP)")
    .version(readVersion(), "--version", "print the version")
    .option("--socket <path>", "socket of the VTEP; else $VTEPD_SOCKET, else /run/vtepd/vtepd.sock")
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", EXIT_CODES)
    .exitOverride();
  registerRun(program);
  registerCheck(program);
  registerWait(program);
  registerReload(program);
  registerShow(program);
  registerFlush(program);
  registerEnable(program);
  registerEthertypeFix(program);
  registerBench(program);
  await registerLabs(program, args);
  return program;
}

/** Labs bring much with them; other commands only name them in --help. */
async function registerLabs(program: Command, args: readonly string[]): Promise<void> {
  if (!args.includes("lab")) {
    program.command("lab").description("network-namespace labs (root)");
    return;
  }
  const { registerLab } = await import("./lab.js");
  registerLab(program);
}
