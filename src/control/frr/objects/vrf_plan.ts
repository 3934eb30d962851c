// A VRF device against what the kernel has.

import { encodeDeleteLink, encodeNewVrf, refusedWith } from "../../netlink/index.js";
import type { FrrVrfIntent } from "../intent.js";
import type { Site } from "./bridge_plan.js";
import { linkSteps, marks } from "./link_plan.js";
import { isOurs } from "./ownership.js";
import { blocked, type Plan, step } from "./step.js";

export function planVrf({ client, observed }: Site, { name, table }: FrrVrfIntent): Plan {
  const link = observed.link(name);
  if (link === undefined) {
    const make = step(client, name, "make", encodeNewVrf(name, table));
    return { steps: [make, ...marks(client, name)], problem: undefined };
  }
  if (link.kind !== "vrf") return blocked(`${name} is a ${link.kind ?? "device"}, not a VRF device`);
  if (link.vrfTable === table) return { steps: linkSteps(client, link, {}), problem: undefined };
  if (!isOurs(link)) return blocked(`VRF device ${name} has table ${link.vrfTable}, not ${table}`);
  return { steps: [step(client, name, "remove", encodeDeleteLink(link.ifindex))], problem: undefined };
}

/** EOPNOTSUPP, by the name that libuv has for it. */
export function explainVrf(error: unknown): string | undefined {
  if (refusedWith(error) !== "ENOTSUP") return undefined;
  return "the kernel has no VRF devices (module vrf): load it, or set control.frr.vrfBackend: netns";
}
