// Access ports: a frame that enters an interface with a VLAN must belong to one bridge domain, and an interface is
// either access or underlay.

import { Limit } from "../../abi/generated.js";
import type { Path } from "../problem.js";
import { Claims, numbered, type RuleContext } from "./context.js";

export function portsOnce({ config, report, at, isBroken }: RuleContext): void {
  const claims = new Claims<Path>();
  for (const [index, { interface: name, vlan }] of numbered(config.ports)) {
    if (name === undefined || isBroken(["ports", index, "vlan"])) continue;
    const path = ["ports", index, vlan === undefined ? "interface" : "vlan"];
    const earlier = claims.claim(`${name} ${vlan ?? "untagged"}`, path);
    if (!earlier) continue;
    const what = vlan === undefined ? `${name} without a VLAN` : `VLAN ${vlan} of ${name}`;
    report(path, `${what} is already a port${at(earlier)}, allowed: each pair of interface and VLAN once`);
  }
}

export function accessIsNotUnderlay({ config, report, at }: RuleContext): void {
  const underlay = new Map<string, number>();
  for (const [index, name] of numbered(config.vtep?.underlay)) underlay.set(name, index);
  for (const [index, { interface: name = "" }] of numbered(config.ports)) {
    const uplink = underlay.get(name);
    const path = ["ports", index, "interface"];
    if (uplink !== undefined) {
      const place = at(["vtep", "underlay", uplink]);
      report(path, `${name} is an underlay interface${place}, allowed: an interface that is not in vtep.underlay`);
    } else if (name === "lo") {
      report(path, "lo has no Ethernet frames, allowed: an Ethernet interface");
    }
  }
}

/** A hook holds an interface, not a VLAN of it. */
export function hooksAgree({ config, report, at }: RuleContext): void {
  const chosen = new Map<string, { readonly hook: string; readonly index: number }>();
  for (const [index, { interface: name, hook = "auto" }] of numbered(config.ports)) {
    if (name === undefined || hook === "auto") continue;
    const earlier = chosen.get(name);
    if (earlier === undefined) chosen.set(name, { hook, index });
    else if (earlier.hook !== hook) {
      const place = at(["ports", earlier.index, "hook"]);
      report(
        ["ports", index, "hook"],
        `${name} has hook ${earlier.hook} already${place}, allowed: one hook an interface`,
      );
    }
  }
}

/** Ports and underlay interfaces share one index space, in which 0 means "none". */
export function portsFitTables({ config, report }: RuleContext): void {
  const uplinks = config.vtep?.underlay?.length ?? 0;
  const hostStacks = [...numbered(config.bridgeDomains)].filter(([, { gateway }]) => gateway?.hostStack === true);
  const room = Limit.MAX_PORTS - 1;
  const count = (config.ports?.length ?? 0) + uplinks + hostStacks.length;
  if (count <= room) return;
  const others = hostStacks.length === 0 ? "" : ", with one port for each gateway.hostStack,";
  report(["ports"], `${count} ports and underlay interfaces${others} are too many, allowed: ${room} together`);
}
