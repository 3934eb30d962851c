/**
 * A mirror of a real kernel into tables, with nothing else around it: the kernel objects as zebra sees them are made by
 * iproute2, and what zebra would write is written by it too, in zebra's forms.
 *
 *   br100 (red)  vx100, lp100      br200 (blue)  vx200, lp200      br5000, vx5000: L3 VNI of VRF tenant, in table main
 */
import { execFileSync } from "node:child_process";
import { FdbKind, HostKind, PathKind } from "../../../src/abi/generated.js";
import { parseConfig } from "../../../src/config/load.js";
import { BridgeDomainControl } from "../../../src/control/bridge_domains.js";
import { Mirror } from "../../../src/control/frr/mirror/mirror.js";
import type { DomainObjects, VrfObjects } from "../../../src/control/frr/objects/placed.js";
import type { Place } from "../../../src/control/frr/places.js";
import type { BridgeDomainIntent, Intent, VrfIntent } from "../../../src/control/intent.js";
import { formatMapped, formatMappedPrefix, mappedAddress } from "../../../src/control/mapped_address.js";
import type { NetlinkClient } from "../../../src/control/netlink/index.js";
import { NetlinkGroup } from "../../../src/control/netlink/transport.js";
import { RemoteMacs } from "../../../src/control/remote/macs.js";
import { RemoteVteps } from "../../../src/control/remote/vteps.js";
import { HostEntries } from "../../../src/control/routing/host_entries.js";
import { RouteControl } from "../../../src/control/routing/routes.js";
import { VrfControl } from "../../../src/control/routing/vrfs.js";
import { intentFromConfig } from "../../../src/control/static/from_config.js";
import { Links } from "../../../src/control/underlay/index.js";
import { Tables } from "../../../src/tables/tables.js";
import { formatMac, parseMac } from "../../../src/wire/ethernet.js";
import { Namespace } from "../netlink/kernel.js";
import { FakeClock } from "../vtep/lab.js";

export const CONFIG = `
vtep: { address: 10.0.0.1, underlay: [up0] }
vrfs: [{ name: tenant, l3vni: 5000, routerMac: 02:00:00:00:50:01 }]
bridgeDomains:
  - { name: red, vni: 100, vrf: tenant, gateway: { mac: 02:00:5e:00:01:fe, addresses: [10.1.100.1/24] } }
  - { name: blue, vni: 200 }
ports: []
`;

export const SEGMENT_PORT = 9;

const FEED = [NetlinkGroup.neighbor, NetlinkGroup.ipv4Route, NetlinkGroup.ipv6Route, NetlinkGroup.nexthop];

function bridgeLines(bridge: string, vxlan: string, vni: number): string[] {
  return [
    `link add ${bridge} type bridge mcast_snooping 0`,
    `link set ${bridge} addrgenmode none`,
    `link add ${vxlan} type vxlan id ${vni} local 10.0.0.1 dstport 14789 nolearning`,
    `link set ${vxlan} addrgenmode none`,
    `link set ${vxlan} master ${bridge}`,
    `link set ${vxlan} type bridge_slave learning off neigh_suppress on`,
    `link set ${vxlan} up`,
    `link set ${bridge} up`,
  ];
}

function portLines(port: string, bridge: string): string[] {
  return [
    `link add ${port} type veth peer name ${port}p`,
    `link set ${port} master ${bridge}`,
    `link set ${port} type bridge_slave learning off`,
    `link set ${port} up`,
    `link set ${port}p up`,
  ];
}

/** Where a mirror reads. */
export interface MirroredKernel {
  open(options: { groups: readonly number[]; receiveBufferBytes?: number }): NetlinkClient;
  /** 0 = there is none. */
  ifindex(name: string): number;
}

export class MirrorKernel implements MirroredKernel {
  readonly namespace = new Namespace();

  constructor() {
    this.namespace.ip(
      "link add up0 type veth peer name up0p",
      ...bridgeLines("br100", "vx100", 100),
      ...portLines("lp100", "br100"),
      ...bridgeLines("br200", "vx200", 200),
      ...portLines("lp200", "br200"),
      ...bridgeLines("br5000", "vx5000", 5000),
      "link set up0 up",
      "addr add 10.1.100.1/24 dev br100",
    );
  }

  /** Lines of `bridge -batch`. */
  fdb(...lines: string[]): void {
    const input = lines.map((line) => `fdb ${line}\n`).join("");
    execFileSync("bridge", ["-n", this.namespace.name, "-batch", "-"], {
      input,
      stdio: ["pipe", "pipe", "pipe"],
    });
  }

  /** Lines of `ip -batch`. */
  ip(...lines: string[]): void {
    this.namespace.ip(...lines);
  }

  makeVxlan(domain: "100" | "200"): void {
    this.ip(
      ...bridgeLines(`br${domain}`, `vx${domain}`, Number(domain)).filter((line) => !line.startsWith("link add br")),
    );
  }

  open(options: { groups: readonly number[]; receiveBufferBytes?: number }): NetlinkClient {
    return this.namespace.open(options);
  }

  ifindex(name: string): number {
    const shown = this.namespace.read("-o link show").split("\n");
    const line = shown.find((one) => one.split(":")[1]?.trim().split("@")[0] === name);
    return line === undefined ? 0 : Number.parseInt(line, 10);
  }

  remove(): void {
    this.namespace.remove();
  }
}

/** zebra's forms, for MirrorKernel.fdb. */
export const remoteMac = (mac: string, vtep: string, vxlan = "vx100") =>
  `replace ${mac} dev ${vxlan} dst ${vtep} self master extern_learn dynamic`;
export const stickyMac = (mac: string, vtep: string) =>
  `replace ${mac} dev vx100 dst ${vtep} self master sticky static`;
export const withdrawnMac = (mac: string, vtep: string, vxlan = "vx100") =>
  `del ${mac} dev ${vxlan} dst ${vtep} self master`;
export const localMac = (mac: string, port = "lp100") => `replace ${mac} dev ${port} master dynamic extern_learn`;
export const flood = (vtep: string, vxlan = "vx100") =>
  `append 00:00:00:00:00:00 dev ${vxlan} dst ${vtep} self permanent`;
export const noFlood = (vtep: string, vxlan = "vx100") => `del 00:00:00:00:00:00 dev ${vxlan} dst ${vtep} self`;

/** And for MirrorKernel.ip. */
export const binding = (ip: string, mac: string, router = "") =>
  `neigh replace ${ip} lladdr ${mac} dev br100 nud noarp extern_learn ${router} protocol zebra`;
export const routerMac = (vtep: string, mac: string) =>
  `neigh replace ${vtep} lladdr ${mac} dev br5000 nud noarp extern_learn protocol zebra`;
export const route = (prefix: string, ...vteps: string[]) => {
  const hops = vteps.map((vtep) => `via ${vtep} dev br5000 onlink`);
  const list = hops.length === 1 ? hops[0]! : hops.map((hop) => `nexthop ${hop}`).join(" ");
  return `route replace ${prefix} proto bgp metric 20 ${list}`;
};

export function intentOf(text: string): Intent {
  const loaded = parseConfig(text, "test.yaml");
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return intentFromConfig(loaded.config);
}

/** For what may be refused, as a deletion of nothing is. */
export function orNot(write: () => void): void {
  try {
    write();
  } catch {
    // Then the kernel is as it was.
  }
}

export class MirrorLab {
  readonly tables = new Tables();
  readonly clock = new FakeClock();
  readonly domains = new BridgeDomainControl(this.tables);
  readonly vrfs = new VrfControl(this.tables);
  readonly events: string[] = [];
  readonly vteps = new RemoteVteps(this.tables, this.domains, (kind) => this.events.push(kind));
  readonly macs = new RemoteMacs(this.tables, this.domains, this.vteps, this.clock);
  readonly routes = new RouteControl(
    this.tables,
    this.vrfs,
    new HostEntries(this.tables),
    (name) => this.domains.idOf(name),
    this.vteps,
  );
  /** "red 10.1.100.12" → "02:…:01 flags". */
  readonly bindings = new Map<string, string>();
  /** Writes that the data path would have made, by table. */
  readonly writes = { fdb: 0, hosts: 0, prefixes: 0, routes: 0, paths: 0, vteps: 0, bridgeDomains: 0, segments: 0 };
  mirror!: Mirror;
  place!: Place;
  /** Interface that is an Ethernet segment of ours, at SEGMENT_PORT; 0 = none. */
  segmentIfindex = 0;
  /** How often a MAC had only the bridge's half. */
  halfTold = 0;
  private objects: { domains: DomainObjects[]; vrfs: VrfObjects[] } = { domains: [], vrfs: [] };
  private pending = false;

  constructor(readonly kernel: MirroredKernel) {}

  async open(options: { receiveBufferBytes?: number } = {}): Promise<void> {
    const client = this.kernel.open({ groups: [NetlinkGroup.link] });
    const links = new Links(client);
    await links.load();
    const feed = this.kernel.open({ groups: FEED, receiveBufferBytes: 64 << 20, ...options });
    this.place = { name: "", client, links, feed };
    this.tables.setSettings(intentOf(CONFIG).settings);
    this.configure(CONFIG);
    const { tables, domains, vrfs, vteps, macs, routes, clock, place } = this;
    this.mirror = new Mirror({
      ...{ place, tables, domains, vrfs, vteps, macs, routes, clock },
      objects: { domains: () => this.objects.domains, vrfs: () => this.objects.vrfs },
      neighbors: {
        setRemote: (bd, address, { hi, lo }, flags) => {
          this.bindings.set(`${domains.nameOf(bd)} ${formatMapped(address)}`, `${formatMac(hi, lo)} ${flags}`);
        },
        deleteRemote: (bd, address) => this.bindings.delete(`${domains.nameOf(bd)} ${formatMapped(address)}`),
      },
      events: (kind) => this.events.push(kind),
      segmentPort: (_place, ifindex) => (ifindex === this.segmentIfindex ? SEGMENT_PORT : 0),
      halfTold: () => {
        this.halfTold += 1;
      },
      changed: () => this.flushSoon(),
    });
    await this.look();
  }

  /** As VtepControl does. */
  configure(text: string): void {
    const intent = intentOf(text);
    this.macs.removeObsolete(intent.remoteMacs);
    this.routes.removeObsolete(intent.routes);
    const goneVrfs: readonly VrfIntent[] = this.vrfs.reconcile(intent.vrfs);
    const goneDomains: readonly BridgeDomainIntent[] = this.domains.reconcile(intent.bridgeDomains);
    this.vteps.reconcile(intent.vteps);
    this.macs.reconcile(intent.remoteMacs);
    this.routes.reconcile(intent.routes);
    for (const domain of goneDomains) this.domains.remove(domain);
    for (const { name } of goneVrfs) this.routes.removeVrf(name);
    for (const vrf of goneVrfs) this.vrfs.remove(vrf);
  }

  /** What KernelObjects would tell, as the kernel is now. */
  look(without: readonly string[] = []): Promise<void> {
    const { kernel, place } = this;
    const domain = (bridgeDomain: string, vni: string): DomainObjects => {
      const [bridge, vxlan, port] = ["br", "vx", "lp"].map((prefix) => kernel.ifindex(`${prefix}${vni}`));
      return { place, bridgeDomain, bridge: bridge!, vxlan: vxlan!, port: port! };
    };
    const domains = [domain("red", "100"), domain("blue", "200")];
    const [l3Bridge, l3Vxlan] = [kernel.ifindex("br5000"), kernel.ifindex("vx5000")];
    const vrfs = [{ place, vrf: "tenant", table: 254, l3Bridge, l3Vxlan }];
    const isThere = ({ bridgeDomain, vrf }: { bridgeDomain?: string; vrf?: string }) =>
      !without.includes(bridgeDomain ?? vrf ?? "");
    const present = domains.filter((one) => one.bridge !== 0 && isThere(one));
    this.objects = { domains: present, vrfs: vrfs.filter(isThere) };
    return this.mirror.refresh();
  }

  flush(): void {
    this.mirror.follow();
    this.routes.followGateways();
    const { deltas } = this.tables;
    this.writes.fdb += deltas.fdb.count;
    this.writes.hosts += deltas.hosts.length;
    this.writes.prefixes += deltas.prefixes.length;
    for (const name of ["routes", "paths", "vteps", "bridgeDomains", "segments"] as const)
      this.writes[name] += deltas[name].size;
    deltas.clear();
    this.routes.sweep();
    this.vteps.sweep();
    if (this.vteps.settle()) this.flush();
  }

  forgetWrites(): void {
    this.flush();
    for (const name of Object.keys(this.writes) as (keyof typeof this.writes)[]) this.writes[name] = 0;
  }

  /** "red 02:aa:… 10.0.0.2 evpn sticky", sorted. */
  fdb(): string[] {
    const rows: string[] = [];
    this.tables.fdb.forEach(({ bd, hi, lo, kind, flags, target }) => {
      const place =
        kind === FdbKind.REMOTE
          ? this.vteps.addressOf(target)
          : kind === FdbKind.SEGMENT
            ? this.segment(target).join("+")
            : `port ${target}`;
      const words = ["static", "sticky", "evpn"].filter((_, bit) => (flags & (1 << bit)) !== 0);
      rows.push([this.domains.nameOf(bd), formatMac(hi, lo), place, ...words].join(" "));
    });
    return rows.sort();
  }

  segment(segment: number): string[] {
    const vteps = new Set(this.tables.segments.bucketsOf(segment));
    return [...vteps].map((vtep) => this.vteps.addressOf(vtep) || "nowhere").sort();
  }

  floodList(domain: string): string[] {
    const vteps = this.tables.bridgeDomains.floodVteps[this.domains.idOf(domain)] ?? [];
    return Array.from(vteps, (vtep) => this.vteps.addressOf(vtep)).sort();
  }

  bindingRows(): string[] {
    return Array.from(this.bindings, ([key, value]) => `${key} ${value}`).sort();
  }

  /** "10.1.200.12/32 10.0.0.2 02:…:02", of what the data path reads. */
  routeRows(): string[] {
    const { hosts, prefixes } = this.tables;
    const rows: string[] = [];
    for (const index of hosts.indexes()) {
      const { address } = hosts.keyOf(index);
      if (hosts.kindAt(index) === HostKind.ROUTE)
        rows.push(`${formatMappedPrefix(address, 128)} ${this.hops(hosts.targetAt(index))}`);
    }
    for (const { vrf, address, length } of prefixes.entries()) {
      rows.push(`${formatMappedPrefix(address, length)} ${this.hops(prefixes.find(vrf, address, length))}`);
    }
    return rows.sort();
  }

  private hops(route: number): string {
    const { routes } = this.tables;
    const paths = [...new Set(routes.bucketsOf(route))].filter((path) => path !== 0);
    const texts = paths.map((path) => {
      if (routes.pathKind[path] === PathKind.CONNECTED) return `domain ${this.domains.nameOf(routes.pathBd[path]!)}`;
      const mac = formatMac(routes.pathRouterHi[path]!, routes.pathRouterLo[path]!);
      if (routes.pathKind[path] === PathKind.GATEWAY) return `${this.domains.nameOf(routes.pathBd[path]!)} ${mac}`;
      return `${this.vteps.addressOf(routes.pathVtep[path]!)} ${mac}`;
    });
    return texts.sort().join(" + ") || "dropped";
  }

  vtepRows(): string[] {
    return Array.from(this.vteps.all(), ({ address }) => address).sort();
  }

  /** Everything, for comparison. */
  everything(): Record<string, string[]> {
    this.flush();
    return {
      fdb: this.fdb(),
      red: this.floodList("red"),
      blue: this.floodList("blue"),
      bindings: this.bindingRows(),
      routes: this.routeRows(),
      vteps: this.vtepRows(),
    };
  }

  hostKind(ip: string): number {
    const index = this.tables.hosts.findAddress(this.vrfs.idOf("tenant"), mappedAddress(ip));
    return this.tables.hosts.kindAt(index);
  }

  /** A host of a domain says where it is. */
  learn(domain: string, ip: string, mac: string): void {
    const { hi, lo } = parseMac(mac)!;
    this.tables.neighbors.set(this.domains.idOf(domain), mappedAddress(ip), hi, lo, 0, 0);
    this.flush();
  }

  close(): void {
    this.mirror?.close();
    this.place?.links.close();
  }

  private flushSoon(): void {
    if (this.pending) return;
    this.pending = true;
    setImmediate(() => {
      this.pending = false;
      this.flush();
    });
  }
}
