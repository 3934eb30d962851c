// Many remote MACs, put where an operator puts them: for vtepd into its config file, which it then reloads; for the kernel
// into the tables of bridge and vxlan device, by `bridge -batch`.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { vtepd } from "../../dist/lab/daemon.js";
import { vxlanName } from "../../dist/lab/kernel_vtep.js";
import { runText } from "../../dist/lab/process.js";
import { macBytes, macText } from "../frames.mjs";
import { addresses } from "./topology.mjs";

const NODE = "vtep";
const BRIDGE = "br-red";
const PREFIX = 0x021000;
const LINES_AT_ONCE = 100_000;

/** 02:10 and the number in four bytes. */
export const macOf = (number) => macText(macBytes(PREFIX | (number >>> 24), number & 0xffffff));

const entryLine = ({ bridgeDomain, mac, vtep }) => `- { bridgeDomain: ${bridgeDomain}, mac: "${mac}", vtep: ${vtep} }`;

/** The text of a config with these entries in place of its own. `text`: as the lab writes it, in block style. */
export function withEntries(text, entries) {
  const own = /^( *)fdb:(?: \[\])?\n(?:\1 +.*\n)*/m.exec(text);
  if (own === null) throw new Error("the config has no control.static.fdb");
  const [old, indent] = own;
  const lines = entries.map((entry) => `${indent}  ${entryLine(entry)}\n`);
  return `${text.slice(0, own.index)}${indent}fdb:\n${lines.join("")}${text.slice(own.index + old.length)}`;
}

/** Throws unless the daemon has taken them. */
export async function appendToConfig({ instance, daemons }, entries) {
  const file = join(instance.folder, `${NODE}.yaml`);
  writeFileSync(file, withEntries(readFileSync(file, "utf8"), entries));
  const { code, stdout, stderr } = await vtepd(daemons.get(NODE).socket, ["reload"]);
  if (code !== 0) throw new Error(`vtepd reload: ${stderr.trim() || stdout.trim()}`);
}

/** Both halves of each: in the vxlan device, and in the bridge. */
export async function fillKernel({ instance }, entries) {
  for (let at = 0; at < entries.length; at += LINES_AT_ONCE) {
    const lines = entries.slice(at, at + LINES_AT_ONCE).flatMap(({ mac, vtep, vni }) => {
      const device = vxlanName(vni);
      return [`fdb add ${mac} dev ${device} dst ${vtep} self permanent`, `fdb add ${mac} dev ${device} master static`];
    });
    await batch("bridge", instance, lines);
  }
}

/** More of them, in the same bridge, with the options of the lab's own. */
export async function vxlanDevices({ instance }, { first, count }) {
  const more = Array.from({ length: count - 1 }, (_, at) => first + 1 + at);
  const options = `local ${addresses.local} dstport 4789 srcport 49152 65535 ttl 64 tos inherit df unset noudpcsum nolearning`;
  const links = more.flatMap((vni) => [
    `link add ${vxlanName(vni)} mtu 1500 type vxlan id ${vni} ${options}`,
    `link set ${vxlanName(vni)} addrgenmode none master ${BRIDGE}`,
    `link set ${vxlanName(vni)} up`,
  ]);
  if (more.length === 0) return;
  await batch("ip", instance, links);
  const quiet = more.map((vni) => `link set dev ${vxlanName(vni)} learning off`);
  await batch("bridge", instance, quiet);
}

const batch = (tool, instance, lines) =>
  runText(tool, ["-n", instance.namespaceOf(NODE), "-batch", "-"], { input: `${lines.join("\n")}\n` });
