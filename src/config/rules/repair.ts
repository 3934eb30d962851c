// Repairs: an interface has one set of them, and only what it receives can be repaired.

import type { Path } from "../problem.js";
import { numbered, type RuleContext } from "./context.js";

/** A repair holds for an interface, not for a VLAN of it. */
export function repairsAgree({ config, report, at }: RuleContext): void {
  const chosen = new Map<string, { readonly words: string; readonly index: number }>();
  for (const [index, { interface: name, repair }] of numbered(config.ports)) {
    if (name === undefined || repair === undefined) continue;
    const words = `ethertype: ${repair.ethertype}, ipv6: ${repair.ipv6}`;
    const earlier = chosen.get(name);
    if (earlier === undefined) chosen.set(name, { words, index });
    else if (earlier.words !== words) {
      const place = at(["ports", earlier.index, "repair"]);
      const message = `${name} has { ${earlier.words} } already${place}, allowed: the same for all ports of an interface, or once`;
      report(["ports", index, "repair"], message);
    }
  }
}

export function repairedAreUnderlay({ config, report }: RuleContext): void {
  const underlay = (config.vtep?.underlay ?? []).filter((name) => name !== undefined);
  for (const [index, name] of numbered(config.vtep?.repair?.interfaces)) {
    if (underlay.includes(name)) continue;
    const path: Path = ["vtep", "repair", "interfaces", index];
    report(
      path,
      `${name} is no underlay interface, allowed: ${underlay.join(" | ")}; access interfaces have ports[].repair`,
    );
  }
}

export function ipv6RepairIsWhole({ config, report }: RuleContext): void {
  const message = "needs ethertype: true beside it, allowed: both, or ethertype alone";
  if (config.vtep?.repair?.ipv6 && config.vtep.repair.ethertype === false) report(["vtep", "repair", "ipv6"], message);
  for (const [index, { repair }] of numbered(config.ports)) {
    if (repair?.ipv6 && repair.ethertype === false) report(["ports", index, "repair", "ipv6"], message);
  }
}
