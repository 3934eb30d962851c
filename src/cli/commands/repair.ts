// What an operator does by hand now and then: forget learned MACs, bring an err-disabled port back.

import type { Command } from "commander";
import { ask } from "../client.js";
import { portText } from "../units.js";
import { HIGHEST_VLAN, HIGHEST_VNI, integerBetween, socketFor } from "./options.js";

export function registerFlush(program: Command): void {
  const command = program
    .command("flush")
    .description("forget learned MACs; without options all of them")
    .option("--interface <name>", "only behind this interface")
    .option("--vlan <vlan>", "only in this VLAN; 0 is untagged", integerBetween(0, HIGHEST_VLAN))
    .option("--bridge-domain <name>", "only in this bridge domain")
    .option("--vni <vni>", "only in this L2 VNI", integerBetween(1, HIGHEST_VNI))
    .action((filter: object) => flush(socketFor(command), filter));
}

async function flush(socket: string, body: object): Promise<void> {
  const { flushed } = await ask<{ flushed: number }>(socket, { method: "POST", path: "flush", body });
  process.stdout.write(`forgot ${flushed} ${flushed === 1 ? "MAC" : "MACs"}\n`);
}

export function registerEnable(program: Command): void {
  const command = program
    .command("enable")
    .description("bring an err-disabled access port back")
    .argument("<interface>")
    .option("--vlan <vlan>", "VLAN of the port; without it the untagged one", integerBetween(1, HIGHEST_VLAN))
    .action((name: string, { vlan }: { vlan?: number }) => enable(socketFor(command), name, vlan));
}

async function enable(socket: string, name: string, vlan: number | undefined): Promise<void> {
  await ask(socket, { method: "POST", path: "ports/enable", body: { interface: name, vlan } });
  process.stdout.write(`${portText(name, vlan ?? null)} is enabled\n`);
}
