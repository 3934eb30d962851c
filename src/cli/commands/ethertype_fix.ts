// vtepd ethertype-fix: the program that repairs Ethertypes, on interfaces with no VTEP. Each command looks at the kernel
// and leaves; what it attached stays.

import { type Command, Option } from "commander";
import type { AttachRequest, FixerView } from "../../fixer/index.js";
import { type Column, renderTable } from "../table.js";

const ABOUT = `
IPv4 packets whose Ethertype is 0x86DD get 0x0800, behind up to two VLAN tags too. No other byte changes, no frame is
dropped. Where the type is wrong but what follows is no whole IP packet, the frame is left alone and counted.`;

const STAYS = `
What is attached stays until detach, until the interface goes, or until the next boot; no VTEP need run. It goes along to
another network namespace, but for a fixer at tc where the kernel has no TCX (before 6.6). --pin attaches by links in
/run/vtepd/bpf/ethertype-fix, so that "ip link set ... xdp off" and the like cannot take it off by mistake.
Where XDP belongs to another program, that one stays and the fixer goes to tc. A VTEP that comes later goes behind it.`;

interface AttachOptions {
  readonly hook: AttachRequest["hook"];
  readonly pin?: boolean;
  readonly ipv6?: boolean;
}

export function registerEthertypeFix(program: Command): void {
  const fix = program
    .command("ethertype-fix")
    .description("repair IPv4 that comes as Ethertype 0x86DD; works with no VTEP running (root)")
    .addHelpText("after", ABOUT);
  const hook = new Option("--hook <hook>", "where; auto is native XDP, else generic, and tc where XDP is taken")
    .choices(["auto", "xdp", "xdp-generic", "tc"])
    .default("auto");
  fix
    .command("attach")
    .description("repair what an interface receives from now on")
    .argument("<interface>")
    .addOption(hook)
    .option("--pin", "attach by pinned links, which no other tool replaces by mistake")
    .option("--ipv6", "repair IPv6 that comes as 0x0800 too")
    .addHelpText("after", STAYS)
    .action(attach);
  fix.command("detach").description("end it, and leave the interface as it was").argument("<interface>").action(detach);
  fix
    .command("show")
    .description("attached fixers of this network namespace, and what they counted")
    .argument("[interface]")
    .option("--json", "one JSON document instead of a table")
    .action(show);
}

async function attach(name: string, { hook, pin = false, ipv6 = false }: AttachOptions): Promise<void> {
  const { attachFixer, requireFixerCapabilities } = await import("../../fixer/index.js");
  requireFixerCapabilities();
  const done = attachFixer({ interface: name, hook, pin, ipv6 });
  process.stdout.write(`${name}: ${done.isNew ? "attached" : "was attached already"}, hook ${done.hook}\n`);
  for (const remark of done.remarks) process.stderr.write(`vtepd: ${remark}\n`);
}

async function detach(name: string): Promise<void> {
  const { detachFixer, requireFixerCapabilities } = await import("../../fixer/index.js");
  requireFixerCapabilities();
  process.stdout.write(`${name}: detached, hook ${detachFixer(name).join(" and ")}\n`);
}

async function show(name: string | undefined, { json }: { json?: boolean }): Promise<void> {
  const { requireFixerCapabilities, showFixers } = await import("../../fixer/index.js");
  requireFixerCapabilities();
  const fixers = showFixers(name);
  if (json === true) process.stdout.write(`${JSON.stringify(fixers)}\n`);
  else if (fixers.length > 0) process.stdout.write(renderTable(columns, fixers));
  else process.stdout.write(`no Ethertype fixer ${name === undefined ? "in this network namespace" : `on ${name}`}\n`);
}

const columns: readonly Column<FixerView>[] = [
  { title: "INTERFACE", value: (row) => row.interface },
  { title: "HOOK", value: (row) => row.hook },
  { title: "FIXED", value: (row) => row.fixed, align: "right" },
  { title: "SUSPICIOUS", value: (row) => row.suspicious, align: "right" },
  { title: "PASSED", value: (row) => row.passed, align: "right" },
  { title: "REPAIRS", value: (row) => (row.ipv6 ? "IPv4, IPv6" : "IPv4") },
  { title: "BY", value: (row) => row.by },
  { title: "PINNED", value: (row) => row.pinned ?? "" },
];
