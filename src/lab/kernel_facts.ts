/** What zebra has told the kernel of a `kernel-vtep`, read with iproute2. */
import ipaddr from "ipaddr.js";
import { bindingFact, type Fact, floodFact, macFact, routeFact } from "./facts.js";
import type { Instance } from "./instance.js";
import { placeOf, vrfPlace } from "./kernel_irb.js";
import { vxlanName } from "./kernel_vtep.js";
import { runText } from "./process.js";
import type { BridgeDomainSpec, VrfSpec, VtepSpec } from "./topology.js";

const NO_MAC = "00:00:00:00:00:00";

interface FdbRow {
  readonly mac: string;
  readonly ifname: string;
  readonly dst?: string;
  readonly master?: string;
}

interface NeighborRow {
  readonly dst: string;
  readonly dev: string;
  readonly lladdr?: string;
  readonly extern_learn?: null;
}

interface Leg {
  readonly gateway?: string;
  readonly dev?: string;
}

interface RouteRow extends Leg {
  readonly dst: string;
  readonly nexthops?: readonly Leg[];
}

export async function kernelFacts(instance: Instance, node: string, spec: VtepSpec): Promise<Set<Fact>> {
  const domains = spec.bridgeDomains.map((domain) => domainFacts(instance, node, domain));
  const vrfs = (spec.vrfs ?? []).map((vrf) => vrfFacts(instance, node, vrf));
  return new Set((await Promise.all([...domains, ...vrfs])).flat());
}

async function rows<T>(tool: string, instance: Instance, place: string, ...words: string[]): Promise<T[]> {
  return JSON.parse(await runText(tool, ["-j", "-n", instance.namespaceOf(place), ...words])) as T[];
}

async function domainFacts(instance: Instance, node: string, domain: BridgeDomainSpec): Promise<Fact[]> {
  if (domain.vni === undefined) return [];
  const place = placeOf(node, domain);
  const [fdb, neighbors] = await Promise.all([
    rows<FdbRow>("bridge", instance, place, "fdb", "show", "dev", vxlanName(domain.vni)),
    rows<NeighborRow>("ip", instance, place, "neigh", "show", "dev", `br-${domain.name}`, "nud", "noarp"),
  ]);
  // Only a MAC that the bridge too has behind the tunnel goes there: the device may keep one that came home.
  const bridged = new Set(fdb.filter(({ master }) => master !== undefined).map(({ mac }) => mac));
  const tunnelled = fdb.flatMap(({ mac, dst }): Fact[] => {
    if (dst === undefined) return [];
    if (mac === NO_MAC) return [floodFact(domain.name, dst)];
    return bridged.has(mac) ? [macFact(domain.name, mac, dst)] : [];
  });
  const bound = neighbors.flatMap(({ dst, lladdr, extern_learn }) =>
    lladdr === undefined || extern_learn === undefined ? [] : [bindingFact(domain.name, dst, lladdr)],
  );
  return [...tunnelled, ...bound];
}

async function vrfFacts(instance: Instance, node: string, { name, l3vni }: VrfSpec): Promise<Fact[]> {
  const place = vrfPlace(node, name);
  const families = ["-4", "-6"].map((family) => rows<RouteRow>("ip", instance, place, family, "route", "show"));
  const routes = (await Promise.all(families)).flat();
  return routes.flatMap((route) =>
    (route.nexthops ?? [route])
      .filter(({ dev }) => dev === `br${l3vni}`)
      .flatMap(({ gateway }) =>
        gateway === undefined ? [] : [routeFact(name, prefixOf(route.dst, gateway), vtepOf(gateway))],
      ),
  );
}

function prefixOf(dst: string, gateway: string): string {
  if (dst !== "default") return dst;
  return gateway.includes(":") ? "::/0" : "0.0.0.0/0";
}

/** An IPv4 VTEP is a mapped address to IPv6 routes. */
const vtepOf = (gateway: string): string => ipaddr.process(gateway).toString();
