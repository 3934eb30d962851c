/** A lab that is up, as its checks see it: who is where, by name. */
import { join } from "node:path";
import { VtepError } from "../wire/error.js";
import { Capture } from "./capture.js";
import type { Daemon } from "./daemon.js";
import type { Frr } from "./frr/frr.js";
import type { Instance } from "./instance.js";
import { checkoutRoot } from "./load.js";
import { normalAddress } from "./outer.js";
import { subInterfaceName } from "./sub_interfaces.js";
import { type Endpoint, isVtep, type Lab, peerOf, splitEndpoint, type Variant, type VtepSpec } from "./topology.js";
import { type Frames, Watch } from "./watch.js";

export interface LabContext {
  readonly lab: Lab;
  readonly instance: Instance;
  readonly variant: Variant;
  readonly daemons: ReadonlyMap<string, Daemon>;
  readonly frr: ReadonlyMap<string, Frr>;
}

/** An interface of a host that has addresses: somebody to talk to. */
export interface HostPlace {
  readonly endpoint: Endpoint;
  readonly node: string;
  readonly interface: string;
  /** Without prefix length; by family. */
  readonly address: { readonly 4?: string | undefined; readonly 6?: string | undefined };
  readonly prefixLength: { readonly 4: number; readonly 6: number };
}

/** The compiled `probe.ts`: it runs in another process, which has no TypeScript. */
export const probeProgram: string = join(checkoutRoot, "dist/lab/probe.js");

export function hostPlaces(lab: Lab): HostPlace[] {
  return Object.entries(lab.nodes)
    .filter(([, spec]) => spec.kind === "host")
    .flatMap(([node, spec]) =>
      Object.entries(spec.interfaces ?? {}).flatMap(([name, { addresses = [], vlans = {} }]) => [
        ...(addresses.length > 0 ? [place(node, name, addresses)] : []),
        ...Object.entries(vlans).map(([vlan, sub]) => place(node, subInterfaceName(name, Number(vlan)), sub.addresses)),
      ]),
    );
}

function place(node: string, name: string, addresses: readonly string[]): HostPlace {
  const v4 = addresses.find((address) => !address.includes(":"))?.split("/");
  const v6 = addresses.find((address) => address.includes(":"))?.split("/");
  return {
    endpoint: `${node}:${name}`,
    node,
    interface: name,
    address: { 4: v4?.[0], 6: v6?.[0] },
    prefixLength: { 4: Number(v4?.[1]), 6: Number(v6?.[1]) },
  };
}

/** By `node:interface`, or by node alone when it has only one place. */
export function findPlace(lab: Lab, name: string): HostPlace {
  const found = hostPlaces(lab).filter(({ endpoint, node }) => endpoint === name || node === name);
  const [only] = found;
  if (found.length === 1 && only !== undefined) return only;
  throw new VtepError("lab_name", `'${name}' names ${found.length} addressed host interfaces; say node:interface`, {
    name,
  });
}

export function vtepSpec(lab: Lab, node: string): VtepSpec {
  const spec = lab.nodes[node];
  if (spec !== undefined && isVtep(spec)) return spec.config;
  throw new VtepError("lab_name", `'${node}' is not a VTEP`, { node });
}

export const vtepAddress = (lab: Lab, node: string): string => normalAddress(vtepSpec(lab, node).vtep.address);
export const udpPortOf = (lab: Lab, node: string): number => vtepSpec(lab, node).vtep.udpPort ?? 4789;
export const vtepNodes = (lab: Lab): string[] =>
  Object.keys(lab.nodes).filter((node) => isVtep(lab.nodes[node] ?? { kind: "host" }));

/** VTEPs by their address. */
export const vtepNames = (lab: Lab): ReadonlyMap<string, string> =>
  new Map(vtepNodes(lab).map((node) => [vtepAddress(lab, node), node]));

/** The far ends of a VTEP's uplinks: what arrives there is what the VTEP sent. */
export function tapsOf(lab: Lab, vtep: string): Endpoint[] {
  return vtepSpec(lab, vtep).vtep.underlay.flatMap((name) => peerOf(lab, `${vtep}:${name}`) ?? []);
}

/**
 * Captures at all these places while `work` runs, and gives all that arrived there until then; stops also when it
 * throws. `work` has to wait for what it expects: nothing here knows when a lab has come to rest.
 */
export async function whileCapturing(
  { instance }: LabContext,
  endpoints: readonly Endpoint[],
  work: (watch: Watch) => Promise<void>,
): Promise<Frames> {
  const watch = new Watch();
  try {
    const start = async (endpoint: Endpoint) => {
      const [node, name] = splitEndpoint(endpoint);
      watch.add(endpoint, await Capture.start(instance.namespaceOf(node), name, watch.notify));
    };
    const started = await Promise.allSettled([...new Set(endpoints)].map(start));
    const failed = started.find((one) => one.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    await work(watch);
  } finally {
    await watch.stop();
  }
  return watch.frames;
}
