// Contradictions inside `vtep`, and between it and the hooks of ports.

import { numbered, type RuleContext } from "./context.js";

export function sourcePortsInOrder({ config, report }: RuleContext): void {
  const [first, last] = config.vtep?.sourcePorts ?? [];
  if (first === undefined || last === undefined || first <= last) return;
  report(["vtep", "sourcePorts"], `[${first}, ${last}] is out of order, allowed: [FIRST, LAST] with FIRST <= LAST`);
}

export function underlayOnce({ config, report, at }: RuleContext): void {
  const seen = new Map<string, number>();
  for (const [index, name] of numbered(config.vtep?.underlay)) {
    const earlier = seen.get(name);
    if (earlier === undefined) {
      seen.set(name, index);
    } else {
      const place = at(["vtep", "underlay", earlier]);
      report(["vtep", "underlay", index], `${name} is already an underlay interface${place}, allowed: each once`);
    }
  }
}

/** Only tc programs deliver to the other end of a veth. */
export function deliveryFitsHook({ config, report, at }: RuleContext): void {
  const isUserspace = config.vtep?.datapath === "userspace";
  for (const [index, { deliver, hook }] of numbered(config.ports)) {
    if (deliver !== "peer") continue;
    const path = ["ports", index, "deliver"];
    const fault = (what: string, place: string) =>
      report(path, `peer needs the port at hook tc, but ${what}${place}, allowed: queue`);
    if (isUserspace) fault("vtep.datapath is userspace", at(["vtep", "datapath"]));
    else if (hook === "xdp" || hook === "userspace") fault(`its hook is ${hook}`, at(["ports", index, "hook"]));
  }
}

/** `datapath: userspace` promises that no program is loaded into the kernel. */
export function hooksFitDatapath({ config, report, at }: RuleContext): void {
  if (config.vtep?.datapath !== "userspace") return;
  const message = (hook: string): string =>
    `${hook} needs eBPF, but vtep.datapath is userspace${at(["vtep", "datapath"])}, allowed: auto | userspace`;
  const needsEbpf = (hook: string | undefined): hook is string => hook === "xdp" || hook === "tc";
  const underlayHook = config.vtep.underlayHook;
  if (needsEbpf(underlayHook)) report(["vtep", "underlayHook"], message(underlayHook));
  for (const [index, { hook }] of numbered(config.ports)) {
    if (needsEbpf(hook)) report(["ports", index, "hook"], message(hook));
  }
}
