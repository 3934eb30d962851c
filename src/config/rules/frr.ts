// Kernel objects that are made for zebra: the names that templates give must be interface names, and free.

import { INTERFACE_NAME_BYTES } from "../formats.js";
import { type BridgeNames, domainNames, l3Names, vrfName } from "../kernel_names.js";
import type { Path } from "../problem.js";
import { Claims, numbered, type RuleContext } from "./context.js";

/** NS_NAMSIZ of FRR without its terminating zero. */
const NAMESPACE_NAME_BYTES = 35;

type Kind = "bridge" | "vxlan" | "port" | "l3Bridge" | "vrf";

interface KernelName {
  readonly name: string;
  /** The template that gives it. */
  readonly kind: Kind;
  /** What to change: the name that goes into the template. */
  readonly path: Path;
}

export function kernelNamesFit(context: RuleContext): void {
  const { config, report, at } = context;
  if (config.control?.mode !== "frr") return;
  const claims = new Claims<Path>();
  for (const [name, path] of takenNames(context)) claims.claim(name, path);
  for (const { name, kind, path } of kernelNames(context)) {
    const isNamespace = kind === "vrf" && config.control.frr?.vrfBackend === "netns";
    const most = isNamespace ? NAMESPACE_NAME_BYTES : INTERFACE_NAME_BYTES;
    const length = Buffer.byteLength(name);
    if (length > most) {
      const allowed = `at most ${most}, by a shorter name or another control.frr.names.${kind}`;
      report(path, `gives a ${kind} named ${name} of ${length} bytes, allowed: ${allowed}`);
      continue;
    }
    // Network namespaces have a name space of their own, and VRFs have different names.
    const earlier = isNamespace ? undefined : claims.claim(name, path);
    if (earlier === undefined) continue;
    report(path, `gives a ${kind} named ${name}, which is already taken${at(earlier)}, allowed: a free name`);
  }
}

/** Without VLAN-filtering bridges the bridge itself is the only IRB interface a domain can have. */
export function irbIsBridge({ config, report }: RuleContext): void {
  const names = config.control?.frr?.names;
  if (config.control?.mode !== "frr" || names?.irb === undefined || names.bridge === undefined) return;
  if (names.irb === names.bridge) return;
  report(["control", "frr", "names", "irb"], `${names.irb} is not names.bridge, allowed: ${names.bridge}, the same`);
}

export function shadowPortIsFree({ config, report, at }: RuleContext): void {
  const shadow = config.control?.frr?.shadowPort;
  if (config.control?.mode !== "frr" || shadow === undefined || shadow !== config.vtep?.udpPort) return;
  const owner = `vtep.udpPort${at(["vtep", "udpPort"])}, on which vtepd itself receives`;
  report(["control", "frr", "shadowPort"], `${shadow} is ${owner}, allowed: another port`);
}

/** With `vrfBackend: netns` it is the main table of the namespace. */
export function vrfDevicesHaveTable({ config, report, isBroken }: RuleContext): void {
  if (config.control?.mode !== "frr" || config.control.frr?.vrfBackend !== "device") return;
  for (const [index, { table }] of numbered(config.vrfs)) {
    const path = ["vrfs", index, "table"];
    if (table !== undefined || isBroken(path)) continue;
    report(path, "is missing but a VRF device needs it, allowed: 1..4294967295, or control.frr.vrfBackend: netns");
  }
}

function* takenNames({ config }: RuleContext): Generator<readonly [string, Path]> {
  for (const [index, name] of numbered(config.vtep?.underlay)) yield [name, ["vtep", "underlay", index]];
  for (const [index, port] of numbered(config.ports)) {
    if (port.interface !== undefined) yield [port.interface, ["ports", index, "interface"]];
  }
}

function* kernelNames({ config }: RuleContext): Generator<KernelName> {
  const { bridge, vxlan, port, l3Bridge, vrf } = config.control?.frr?.names ?? {};
  if (vxlan === undefined || port === undefined) return;
  for (const [index, { name, vni }] of numbered(config.bridgeDomains)) {
    if (name === undefined || bridge === undefined) continue;
    const path = ["bridgeDomains", index, "name"];
    yield* bridgeNames(domainNames({ bridge, vxlan, port }, name, vni), "bridge", path);
  }
  for (const [index, { name, l3vni }] of numbered(config.vrfs)) {
    if (name === undefined) continue;
    const path = ["vrfs", index, "name"];
    if (vrf !== undefined) yield { name: vrfName(vrf, name), kind: "vrf", path };
    if (l3vni === undefined || l3Bridge === undefined) continue;
    yield* bridgeNames(l3Names({ l3Bridge, vxlan, port }, name, l3vni), "l3Bridge", path);
  }
}

function* bridgeNames(names: BridgeNames, bridge: Kind, path: Path): Generator<KernelName> {
  yield { name: names.bridge, kind: bridge, path };
  if (names.vxlan !== "") yield { name: names.vxlan, kind: "vxlan", path };
  yield { name: names.port, kind: "port", path };
  yield { name: names.portPeer, kind: "port", path };
}
