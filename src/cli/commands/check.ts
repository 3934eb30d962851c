// vtepd check: every problem of a config file, each on a line that an editor can jump to.

import type { Command } from "commander";
import { formatProblem } from "../../config/problem.js";
import { ExitCode } from "../failure.js";

interface CheckOptions {
  readonly config?: string;
  readonly keys?: string | true;
  readonly withFrr?: boolean;
  readonly strict?: boolean;
}

const WITH_FRR = `
--with-frr asks the FRR at control.frr.vtysh, and the sysctls and devices of this network namespace. Each known mistake
is a line 'warning: NAME: WHERE: what happens; what to change'. Warnings leave the exit code at 0, unless --strict.`;

export function registerCheck(program: Command): void {
  const command = program
    .command("check")
    .description("validate a config file")
    .option("--config <file>", "the file")
    .option("--keys [key]", "instead, say what may stand in a config file, or at and below one key")
    .option("--with-frr", "also look for known mistakes in the configuration of FRR and of this host")
    .option("--strict", "with --with-frr: exit 1 where there are warnings")
    .addHelpText("after", WITH_FRR)
    .action(({ config, keys, withFrr, strict }: CheckOptions) => {
      if (keys !== undefined) return printKeys(keys === true ? "" : keys, command);
      if (config === undefined) return command.error("error: required option '--config <file>' not specified");
      return check(config, { withFrr: withFrr === true, strict: strict === true });
    });
}

async function check(file: string, { withFrr, strict }: { withFrr: boolean; strict: boolean }): Promise<void> {
  // The schema compiler and the YAML parser take longer to load than all other commands to run.
  const { loadConfig } = await import("../../config/load.js");
  const loaded = loadConfig(file);
  if (!loaded.ok) {
    process.stdout.write(loaded.problems.map((problem) => `${formatProblem(problem)}\n`).join(""));
    process.exitCode = ExitCode.FAILED;
    return;
  }
  process.stdout.write(`${file}: valid\n`);
  if (!withFrr) return;
  const { lintFrr, formatFinding } = await import("../../main.js");
  const findings = await lintFrr(loaded.config);
  process.stdout.write(findings.map((finding) => `${formatFinding(finding)}\n`).join(""));
  if (strict && findings.length > 0) process.exitCode = ExitCode.FAILED;
}

async function printKeys(prefix: string, command: Command): Promise<void> {
  const { renderConfigHelp } = await import("../../config/describe.js");
  const text = renderConfigHelp(prefix);
  if (text === "") command.error(`error: the config file has no key '${prefix}'; see vtepd check --keys`);
  process.stdout.write(text);
}
