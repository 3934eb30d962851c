// VNIs and what symmetric IRB needs (RFC 9135 §5).

import type { Path } from "../problem.js";
import { Claims, numbered, type RuleContext } from "./context.js";

/** One number space for L2 and L3 VNIs: a received VNI must lead to one place. */
export function vnisOnce({ config, report, at }: RuleContext): void {
  const claims = new Claims<{ readonly path: Path; readonly title: string }>();
  const check = (path: Path, vni: number | undefined, title: string): void => {
    if (vni === undefined) return;
    const earlier = claims.claim(String(vni), { path, title });
    if (!earlier) return;
    report(path, `VNI ${vni} is already ${earlier.title}${at(earlier.path)}, allowed: each VNI once, L2 or L3`);
  };
  for (const [index, { vni, name = index }] of numbered(config.bridgeDomains)) {
    check(["bridgeDomains", index, "vni"], vni, `the L2 VNI of bridge domain ${name}`);
  }
  for (const [index, { l3vni, name = index }] of numbered(config.vrfs)) {
    check(["vrfs", index, "l3vni"], l3vni, `the L3 VNI of VRF ${name}`);
  }
}

export function symmetricVrfsComplete({ config, report }: RuleContext): void {
  for (const [index, vrf] of numbered(config.vrfs)) {
    if (vrf.irb !== "symmetric") continue;
    const tell = (key: "l3vni" | "routerMac", allowed: string): void => {
      if (vrf[key] !== undefined) return;
      report(["vrfs", index, key], `is missing but symmetric IRB needs it, allowed: ${allowed}, or irb: asymmetric`);
    };
    tell("l3vni", "1..16777215");
    tell("routerMac", "a unicast MAC address");
  }
}

/** RT_TABLE_LOCAL of <linux/rtnetlink.h>: the kernel fills it with its own addresses. */
const LOCAL_TABLE = 255;

/** With `vrfBackend: netns` every VRF has the tables of its own namespace. */
export function tablesOnce({ config, report, at }: RuleContext): void {
  const separate = config.control?.frr?.vrfBackend === "netns";
  const claims = new Claims<Path>();
  for (const [index, { table }] of numbered(config.vrfs)) {
    if (table === undefined) continue;
    const path = ["vrfs", index, "table"];
    if (table === LOCAL_TABLE) report(path, "255 is the kernel's local table, allowed: any other of 1..4294967295");
    const earlier = separate ? undefined : claims.claim(String(table), path);
    if (earlier)
      report(path, `table ${table} is already that of another VRF${at(earlier)}, allowed: one table per VRF`);
  }
}
