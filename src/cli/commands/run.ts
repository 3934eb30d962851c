// vtepd run: the daemon itself, in the foreground.

import type { Command } from "commander";

export function registerRun(program: Command): void {
  const command = program
    .command("run")
    .description("run the VTEP in the foreground; SIGTERM stops it, SIGHUP reloads the file")
    .requiredOption("--config <file>", "config file")
    .action(({ config }: { config: string }) => run(config, command.optsWithGlobals<{ socket?: string }>().socket));
}

/** $VTEPD_SOCKET is for clients; where the daemon listens, its file says, or --socket. */
async function run(configFile: string, socketPath: string | undefined): Promise<void> {
  const { runVtep } = await import("../../main.js");
  await runVtep(socketPath === undefined ? { configFile } : { configFile, socketPath });
}
