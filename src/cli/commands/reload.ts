// vtepd reload: the daemon reads its config file again. All of it is applied, or nothing.

import type { Command } from "commander";
import { ask } from "../client.js";
import { socketFor } from "./options.js";

/** A config of 100 000 static MACs takes a while. */
const SILENCE_MS = 300_000;

export function registerReload(program: Command): void {
  const command = program
    .command("reload")
    .description("apply the config file again, all or nothing")
    .option("--json", "what changed as one JSON document")
    .action(({ json }: { json?: boolean }) => reload(socketFor(command), json === true));
}

async function reload(socket: string, json: boolean): Promise<void> {
  const answer = await ask<{ changed: readonly string[] }>(socket, {
    method: "POST",
    path: "reload",
    silenceMs: SILENCE_MS,
  });
  if (json) process.stdout.write(`${JSON.stringify(answer)}\n`);
  else if (answer.changed.length === 0) process.stdout.write("nothing changed\n");
  else process.stdout.write(answer.changed.map((key) => `changed: ${key}\n`).join(""));
}
