// VXLAN devices of the kernel that are nobody's part of the intent, and in its way.

import { DECOY_NAME } from "../../decoy.js";
import type { WantedObjects } from "../intent.js";
import type { Site } from "./bridge_plan.js";
import { ourPort } from "./vxlan_fault.js";

export function foreignVxlans(sites: Iterable<Site>, wanted: WantedObjects): string[] {
  const byVni = wantedVxlans(wanted);
  const problems: string[] = [];
  for (const { name: place, observed } of sites) {
    for (const { name, vxlan } of observed.links()) {
      if (vxlan === null || (place === "" && name === DECOY_NAME)) continue;
      const rival = byVni.get(vxlan.vni);
      if (rival !== undefined && rival.vxlan === name && rival.place === place) continue;
      if (place === "" && vxlan.udpPort === wanted.udpPort) problems.push(`VXLAN device ${name} ${ourPort(wanted)}`);
      else if (rival !== undefined && !vxlan.external)
        problems.push(
          `VXLAN device ${name} has VNI ${vxlan.vni}, as ${rival.vxlan} has, and zebra takes one: remove it`,
        );
    }
  }
  return problems;
}

function wantedVxlans({ domains, vrfs }: WantedObjects) {
  const bridges = [...domains.values(), ...[...vrfs.values()].flatMap(({ l3 }) => (l3 === undefined ? [] : [l3]))];
  return new Map(bridges.filter(({ vni }) => vni !== 0).map((bridge) => [bridge.vni, bridge]));
}
