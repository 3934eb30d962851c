// vtepd check: every problem of a config file, each on a line that an editor can jump to.

import type { Command } from "commander";
import { formatProblem } from "../../config/problem.js";
import { ExitCode } from "../failure.js";

export function registerCheck(program: Command): void {
  const command = program
    .command("check")
    .description("validate a config file")
    .option("--config <file>", "the file")
    .option("--keys [key]", "instead, say what may stand in a config file, or at and below one key")
    .action(({ config, keys }: { config?: string; keys?: string | true }) => {
      if (keys !== undefined) return printKeys(keys === true ? "" : keys, command);
      if (config === undefined) return command.error("error: required option '--config <file>' not specified");
      return check(config);
    });
}

async function check(file: string): Promise<void> {
  // The schema compiler and the YAML parser take longer to load than all other commands to run.
  const { loadConfig } = await import("../../config/load.js");
  const loaded = loadConfig(file);
  if (!loaded.ok) {
    process.stdout.write(loaded.problems.map((problem) => `${formatProblem(problem)}\n`).join(""));
    process.exitCode = ExitCode.FAILED;
    return;
  }
  process.stdout.write(`${file}: valid\n`);
}

async function printKeys(prefix: string, command: Command): Promise<void> {
  const { renderConfigHelp } = await import("../../config/describe.js");
  const text = renderConfigHelp(prefix);
  if (text === "") command.error(`error: the config file has no key '${prefix}'; see vtepd check --keys`);
  process.stdout.write(text);
}
