/**
 * `vtepd lab`: network-namespace labs. Only words in and words out; `src/lab` does the work.
 */
import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { type Command, Option } from "commander";
import { vtepdProgram } from "../lab/daemon.js";
import { Cell } from "../lab/frr/cell.js";
import { missingPrograms } from "../lab/frr/speakers.js";
import { type Instance, instances, sweep } from "../lab/instance.js";
import { checkoutRoot, labNames, loadLab } from "../lab/load.js";
import { inNamespace } from "../lab/process.js";
import { hasFailed, resultLines } from "../lab/report.js";
import { refuseUnlessPossible, testLab, upLab } from "../lab/runner.js";
import type { Variant } from "../lab/topology.js";
import { runInVm } from "../lab/vm/machine.js";
import { VtepError } from "../wire/error.js";

const VM_TIMEOUT_MS = 1_800_000;

interface LabOptions {
  readonly datapath: Exclude<Variant, "kernel">;
  readonly vtep: "vtepd" | "kernel";
}

const variantOf = ({ datapath, vtep }: LabOptions): Variant => (vtep === "kernel" ? "kernel" : datapath);

const print = (text: string) => void process.stdout.write(`${text}\n`);

function list(): void {
  const running = new Map(process.getuid?.() === 0 ? instances().map(({ state }) => [state.lab, state]) : []);
  for (const name of labNames()) {
    const state = running.get(name);
    print(`${name.padEnd(20)} ${loadLab(name).title}${state === undefined ? "" : ` [up, ${state.variant}]`}`);
  }
}

async function up(name: string, options: LabOptions): Promise<void> {
  const lab = loadLab(name);
  if (findUp(name) !== undefined)
    throw new VtepError("lab_runs", `lab '${name}' is up already: vtepd lab down ${name}`);
  const instance = await upLab(lab, variantOf(options));
  print(`lab '${name}' is up. Its nodes: ${Object.keys(lab.nodes).join(", ")}`);
  print(`  vtepd lab shell ${name} NODE    a shell in a node; there, vtepd commands find the node's own VTEP`);
  print(`  vtepd lab down ${name}          removes it`);
  print(`  ${instance.folder}    configurations, sockets, logs`);
}

async function test(name: string | undefined, options: LabOptions & { readonly vm?: boolean }): Promise<void> {
  const variant = variantOf(options);
  if (options.vm === true) return testInVm(name, options);
  for (const lab of (name === undefined ? labNames() : [name]).map((one) => loadLab(one))) {
    const missing = missingPrograms(lab);
    if (name === undefined && missing.length > 0) {
      print(`${lab.name}: SKIP, ${missing.join(" and ")} is not installed`);
      continue;
    }
    print(`${lab.name}: ${lab.title} (${variant})`);
    const report = await testLab(lab, variant, (result) => print(resultLines(result)));
    if (report.diagnosis !== undefined) print(report.diagnosis);
    if (hasFailed(report)) process.exitCode = 1;
  }
}

async function testInVm(name: string | undefined, { datapath, vtep }: LabOptions): Promise<void> {
  const argv = [
    "bin/vtepd",
    "lab",
    "test",
    ...(name === undefined ? [] : [name]),
    "--datapath",
    datapath,
    "--vtep",
    vtep,
  ];
  const { code } = await runInVm(checkoutRoot, argv, VM_TIMEOUT_MS, (text) => process.stdout.write(text));
  process.exitCode = code;
}

function findUp(name: string): Instance | undefined {
  return instances().find(({ state }) => state.detached && state.lab === name);
}

function requireUp(name: string): Instance {
  refuseUnlessPossible();
  const instance = findUp(name);
  if (instance === undefined)
    throw new VtepError("lab_down", `lab '${name}' is not up: vtepd lab up ${name}`, { name });
  return instance;
}

function down(name: string): void {
  sweep();
  requireUp(name).remove();
  print(`lab '${name}' is removed`);
}

function shell(name: string, node: string | undefined): void {
  const instance = requireUp(name);
  const nodes = instance.places();
  if (node === undefined || !nodes.includes(node)) {
    throw new VtepError("lab_name", `say which node of '${name}': ${nodes.join(", ")}`, { name, node });
  }
  const environment = {
    ...process.env,
    VTEPD_SOCKET: instance.socketOf(node),
    PATH: `${dirname(vtepdProgram)}:${process.env.PATH}`,
    PS1: `${name}:${node}# `,
  };
  const argv = [process.env.SHELL ?? "/bin/sh"];
  const cell = Cell.of(instance, node);
  const [file, args] = cell?.inside(argv) ?? inNamespace(instance.namespaceOf(node), argv);
  const { status } = spawnSync(file, args, { stdio: "inherit", env: environment });
  process.exitCode = status ?? 1;
}

function withVariantOptions(command: Command): Command {
  const datapath = new Option("--datapath <name>", "data path of every vtepd").choices(["auto", "ebpf", "userspace"]);
  const vtep = new Option("--vtep <kind>", "what the VTEPs of the lab are").choices(["vtepd", "kernel"]);
  return command.addOption(datapath.default("auto")).addOption(vtep.default("vtepd"));
}

/** Adds `lab` and its subcommands. */
export function registerLab(program: Command): void {
  const lab = program.command("lab").description("network-namespace labs (root)");
  lab.command("list").description("the labs, and which are up").action(list);
  withVariantOptions(lab.command("up <name>").description("bring a lab up and leave it running")).action(up);
  withVariantOptions(lab.command("test [name]").description("run a lab's checks, or those of all, and remove it"))
    .option("--vm", "in a virtual machine with Debian's kernel, for what this one has not")
    .action(test);
  lab.command("down <name>").description("remove a lab that is up").action(down);
  lab.command("shell <name> [node]").description("open a shell in a node of a lab that is up").action(shell);
}
