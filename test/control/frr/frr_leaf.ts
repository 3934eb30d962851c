// A whole control layer in mode frr on a node with real FRR, VRFs being namespaces, and a stock leaf (see audited_leaf.ts)
// for a peer:
//
//   a: up0 10.0.0.1, eth1 (hosts); red { the objects of vtepd } ──── 10.0.0.2 up0 b: red { br100 vx100 lp100, br5000 … }

import { parseConfig } from "../../../src/config/load.js";
import type { Clock } from "../../../src/control/clock.js";
import type { AuditRow } from "../../../src/control/frr/audit/index.js";
import { FrrWorld } from "../../../src/control/frr/world.js";
import { type NetlinkClient, UNDERLAY_GROUPS } from "../../../src/control/netlink/index.js";
import { intentFromConfig } from "../../../src/control/static/from_config.js";
import { Links } from "../../../src/control/underlay/index.js";
import { VtepControl } from "../../../src/control/vtep_control.js";
import { openLeash } from "../../../src/daemon/frr_parts.js";
import { NamedNamespaces } from "../../../src/daemon/namespaces.js";
import { MemoryDriver } from "../../../src/dataplane/memory/driver.js";
import { NeighborFlag } from "../../../src/tables/neighbor.js";
import { Tables } from "../../../src/tables/tables.js";
import { formatMac } from "../../../src/wire/ethernet.js";
import { gratuitousArp, type Host } from "../vtep/host_frames.js";
import { configOf, makeLeaf } from "./audited_leaf.js";
import { connect, type FabricNode, makeNode } from "./fabric.js";

export const HOST_A: Host = { mac: "02:aa:00:00:00:01", ip: "10.1.100.11" };
export const HOST_B: Host = { mac: "02:bb:00:00:00:01", ip: "10.1.100.22" };
export const OTHER_B: Host = { mac: "02:bb:00:00:00:02", ip: "10.1.100.23" };

const REAL: Clock = {
  tick: () => Math.floor(performance.now() / 100),
  after(ms, callback) {
    const timer = setTimeout(callback, ms).unref();
    return () => clearTimeout(timer);
  },
};

export class FrrLeaf {
  readonly events: string[] = [];
  readonly tables = new Tables();
  readonly driver = new MemoryDriver(this.tables, {
    onRefusal: () => {},
    onDiscovery: () => {},
    onBinding: (decision) => this.control.neighbors.onBinding(decision),
    onHold: (decision, bytes, offset, length) => this.control.neighbors.onHold(decision, bytes, offset, length),
  });
  control!: VtepControl;
  private world!: FrrWorld;
  private client!: NetlinkClient;
  private links!: Links;

  private constructor(
    readonly a: FabricNode,
    readonly b: FabricNode,
  ) {}

  static async make(): Promise<FrrLeaf> {
    const [a, b] = [await makeNode("a"), await makeLeaf("b", 2)];
    await connect(a, "up0", b, "up0");
    await a.ip("addr add 10.0.0.1/24 dev up0", "link add eth1 type veth peer name heth1");
    await a.ip("link set eth1 up", "link set heth1 up");
    await b.ip("addr add 10.0.0.2/24 dev up0");
    const leaf = new FrrLeaf(a, b);
    await leaf.open();
    return leaf;
  }

  async apply(staleTime: number): Promise<void> {
    const yaml = `
vtep: { address: 10.0.0.1, underlay: [up0] }
control: { mode: frr, frr: { vrfBackend: netns, vtysh: ${this.a.folder}, staleTime: ${staleTime} } }
vrfs: [{ name: red, l3vni: 5000, routerMac: "02:00:00:00:50:01" }]
bridgeDomains:
  - { name: blue, vni: 100, vrf: red, gateway: { mac: "02:00:5e:00:00:fe", addresses: [10.1.100.1/24] } }
ports: [{ interface: eth1, bridgeDomain: blue }]
`;
    const loaded = parseConfig(yaml, "test.yaml");
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const intent = intentFromConfig(loaded.config);
    await this.control.apply(intent);
    await this.control.useFrr(this.world, intent.frr!);
  }

  startFrr(node: FabricNode): Promise<void> {
    return node.startFrr(configOf(node === this.a ? 1 : 2), ["zebra", "bgpd"], ["-n"]);
  }

  /** A host of b's. */
  async attach({ mac, ip }: Host): Promise<void> {
    await this.b.exec("bridge", "-n", "red", ...`fdb add ${mac} dev lp100 master dynamic extern_learn`.split(" "));
    await this.b.ip(`-n red neigh add ${ip} lladdr ${mac} dev br100 nud permanent protocol 200`);
  }

  async detach({ mac, ip }: Host): Promise<void> {
    await this.b.ip(`-n red neigh del ${ip} dev br100`);
    await this.b.exec("bridge", "-n", "red", ...`fdb del ${mac} dev lp100 master`.split(" "));
  }

  /** A host of a's says where it is. */
  speak(host: Host): void {
    this.driver.receive(this.control.attachments.get("eth1")!.slot, gratuitousArp(host), REAL.tick());
  }

  /** MACs behind the other VTEP, sorted. */
  remoteMacs(): string[] {
    const vtep = this.control.vteps.idOf("10.0.0.2");
    if (vtep === 0) return [];
    return Array.from(this.tables.fdb.behindVtep(vtep), ({ hi, lo }) => formatMac(hi, lo)).sort();
  }

  remoteBindings(): number {
    const all = [...this.tables.neighbors.entries()];
    return all.filter(({ flags }) => (flags & NeighborFlag.EVPN) !== 0).length;
  }

  /** "prefix VTEP,VTEP" of routes that lead to other VTEPs. */
  routes(): string[] {
    const facts = [...this.control.routes.all()];
    const led = facts.map(({ prefix, targets }) => {
      return `${prefix} ${targets.flatMap((target) => ("vtep" in target ? [target.vtep] : [])).join()}`;
    });
    return led.filter((row) => !row.endsWith(" ")).sort();
  }

  /** What of b's hosts stands in a's kernel. */
  async kernelHas({ mac }: Host): Promise<boolean> {
    return (await this.a.exec("bridge", "-n", "red", "fdb", "show", "dev", "vx-100")).includes(mac);
  }

  /** Whether b has heard of a host of a's, with its address. */
  async heardBy({ mac, ip }: Host): Promise<boolean> {
    return (await this.b.vtysh("show bgp l2vpn evpn route type macip")).includes(`[${mac}]:[32]:[${ip}]`);
  }

  async audit(repair = false): Promise<string[]> {
    const brief = ({ what, key, action, outcome }: AuditRow) => `${what} ${key}: ${action} ${outcome}`;
    return (await this.control.frr!.audit(repair)).map(brief);
  }

  async remove(): Promise<void> {
    this.control?.close();
    await this.world?.close();
    this.links?.close();
    this.client?.close();
    await Promise.all([this.a.remove(), this.b.remove()]);
  }

  private async open(): Promise<void> {
    const { a, tables, driver } = this;
    const events = (kind: string, objects: object) => this.events.push(`${kind} ${Object.values(objects).join(" ")}`);
    this.client = a.openNetlink("", UNDERLAY_GROUPS, 1 << 22);
    this.links = new Links(this.client);
    await this.links.load();
    const { client, links } = this;
    const namespaces = new NamedNamespaces(a.netnsFolder, a.entering);
    const leash = openLeash(a.netns());
    this.world = new FrrWorld({ client, links, openNetlink: a.openNetlink, namespaces, leash, clock: REAL, events });
    this.control = new VtepControl({ tables, driver, client, links, clock: REAL, events });
  }
}
