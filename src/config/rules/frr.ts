// Kernel objects that are made for zebra: the names that templates give must be interface names, and free.

import { INTERFACE_NAME_BYTES } from "../formats.js";
import type { Path } from "../problem.js";
import { Claims, numbered, type RuleContext } from "./context.js";

interface KernelName {
  readonly name: string;
  /** Objects of one owner may share a name: the IRB interface of a domain is its bridge by default. */
  readonly owner: string;
  readonly kind: "bridge" | "vxlan" | "irb" | "vrf";
  /** What to change: the name that goes into the template. */
  readonly path: Path;
}

export function kernelNamesFit(context: RuleContext): void {
  const { config, report, at } = context;
  if (config.control?.mode !== "frr") return;
  const claims = new Claims<{ readonly owner: string; readonly path: Path }>();
  for (const [name, path] of takenNames(context)) claims.claim(name, { owner: "", path });
  for (const { name, owner, kind, path } of kernelNames(context)) {
    const length = Buffer.byteLength(name);
    if (length > INTERFACE_NAME_BYTES) {
      const allowed = `at most ${INTERFACE_NAME_BYTES}, by a shorter name or another control.frr.names.${kind}`;
      report(path, `gives a ${kind} named ${name} of ${length} bytes, allowed: ${allowed}`);
      continue;
    }
    const earlier = claims.claim(name, { owner, path });
    if (earlier === undefined || earlier.owner === owner) continue;
    report(path, `gives a ${kind} named ${name}, which is already taken${at(earlier.path)}, allowed: a free name`);
  }
}

function* takenNames({ config }: RuleContext): Generator<readonly [string, Path]> {
  for (const [index, name] of numbered(config.vtep?.underlay)) yield [name, ["vtep", "underlay", index]];
  for (const [index, port] of numbered(config.ports)) {
    if (port.interface !== undefined) yield [port.interface, ["ports", index, "interface"]];
  }
}

function* kernelNames({ config }: RuleContext): Generator<KernelName> {
  const frr = config.control?.frr;
  for (const [index, { name, vni }] of numbered(config.bridgeDomains)) {
    if (name === undefined || vni === undefined) continue;
    for (const kind of ["bridge", "vxlan", "irb"] as const) {
      const template = frr?.names?.[kind];
      if (template === undefined) continue;
      const filled = template.replaceAll("{bd}", name).replaceAll("{vni}", String(vni));
      yield { name: filled, owner: `domain ${name}`, kind, path: ["bridgeDomains", index, "name"] };
    }
  }
  // Network namespaces are not interfaces: neither the length nor the name space is theirs.
  const template = frr?.vrfBackend === "device" ? frr.names?.vrf : undefined;
  for (const [index, { name }] of numbered(config.vrfs)) {
    if (template === undefined || name === undefined) continue;
    const filled = template.replaceAll("{vrf}", name);
    yield { name: filled, owner: `VRF ${name}`, kind: "vrf", path: ["vrfs", index, "name"] };
  }
}
