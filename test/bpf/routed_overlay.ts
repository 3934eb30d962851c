//   h1 ─ eth0│ac0 v1 up0 ════════════════ up0 v2 ac0│eth0 ─ h2      h1 in red (VNI 100), h2 in blue (VNI 200)
//   h1 ─ eth0│ac0 v1 up0 ══ up1 hub up2 ══ up0 v2 ac0│eth0 ─ h2     irb: hub
//
// eBPF VTEPs in this process that route between the hosts: symmetric by L3 VNI 5000, asymmetric by the L2 VNI of the
// destination, or at a hub between two tunnels. Who is where is written into the tables, as control would.
import { BdFlag, VrfFlag } from "../../src/abi/generated.js";
import type { HookKind } from "../../src/dataplane/driver.js";
import { EbpfDriver } from "../../src/dataplane/ebpf/driver.js";
import { ethtoolSetFeature } from "../../src/native/index.js";
import { formatMac, parseMac } from "../../src/wire/ethernet.js";
import { type LinkFacts, Namespaces, within } from "../dataplane/namespaces.js";
import { addressBytes, VtepTables } from "../dataplane/vtep_tables.js";
import { loadedPrograms } from "./loaded.js";

export type Irb = "symmetric" | "asymmetric" | "hub";

export interface RoutedOptions {
  readonly irb: Irb;
  readonly hook: HookKind;
  readonly ipv6Underlay?: boolean;
}

const VRF = 1;
const RED = 1;
const BLUE = 2;
const VNI_OF = { [RED]: 100, [BLUE]: 200 } as const;
const L3_VNI = 5000;
const UNDERLAY_MTU = 1600;
const GATEWAY = parseMac("02:0a:00:00:00:01")!;
const ROUTER = { v1: parseMac("02:cc:00:00:00:01")!, v2: parseMac("02:cc:00:00:00:02")! } as const;
const SUBNETS = {
  [RED]: ["10.1.0.", "fd01:0:0:1:0:0:0:"],
  [BLUE]: ["10.2.0.", "fd01:0:0:2:0:0:0:"],
} as const;
type Bd = typeof RED | typeof BLUE;
type Site = "v1" | "v2" | "hub";

/** Length of a subnet of the family as the tables count it. */
const lengthOf = (prefix: string): number => (prefix.includes(":") ? 64 : 96 + 24);

export class RoutedOverlay {
  readonly net = new Namespaces();
  readonly drivers = new Map<Site, EbpfDriver>();
  readonly tables = new Map<Site, VtepTables>();
  private readonly hostMacs: string[] = [];

  private constructor(private readonly options: RoutedOptions) {}

  static async up(options: RoutedOptions): Promise<RoutedOverlay> {
    const overlay = new RoutedOverlay(options);
    try {
      await overlay.build();
    } catch (error) {
      await overlay.down();
      throw error;
    }
    return overlay;
  }

  async down(): Promise<void> {
    for (const driver of this.drivers.values()) driver.close();
    await this.net.remove();
  }

  private underlay(site: Site): string {
    const number = { v1: 1, v2: 2, hub: 9 }[site];
    return this.options.ipv6Underlay ? `fd00:0:0:0:0:0:0:${number}` : `10.0.0.${number}`;
  }

  private async build(): Promise<void> {
    const { net, options } = this;
    const hub = options.irb === "hub";
    await net.add("h1", "v1", "v2", "h2", ...(hub ? ["hub"] : []));
    if (hub) {
      await net.veth("v1", "up0", "hub", "up1");
      await net.veth("v2", "up0", "hub", "up2");
    } else await net.veth("v1", "up0", "v2", "up0");
    await this.host(1, "v1", RED);
    await this.host(2, "v2", BLUE);
    if (hub) {
      await this.start("hub", [
        ["v1", "up1"],
        ["v2", "up2"],
      ]);
      await this.start("v1", [["hub", "up0"]]);
      await this.start("v2", [["hub", "up0"]]);
    } else {
      await this.start("v1", [["v2", "up0"]]);
      await this.start("v2", [["v1", "up0"]]);
    }
  }

  private async host(number: number, vtep: string, bd: Bd): Promise<void> {
    const { net } = this;
    const name = `h${number}`;
    await net.veth(vtep, "ac0", name, "eth0");
    for (const prefix of SUBNETS[bd]) {
      await net.ip(
        name,
        `addr add ${prefix}2/${prefix.includes(":") ? 64 : 24} dev eth0`,
        `route add default via ${prefix}1`,
      );
    }
    // A gateway answers the hosts of its own VTEP only: those of others are told.
    if (this.options.irb === "hub") {
      const gateway = formatMac(GATEWAY.hi, GATEWAY.lo);
      for (const prefix of SUBNETS[bd]) await net.ip(name, `neigh add ${prefix}1 lladdr ${gateway} dev eth0`);
    }
    this.hostMacs[bd] = (await net.link(name, "eth0")).mac;
    if (this.options.hook === "xdp") this.prepareForXdp(name, "eth0");
  }

  /** A veth takes redirected frames only with NAPI at its peer, and XDP knows no partial checksums. */
  private prepareForXdp(netns: string, link: string): void {
    ethtoolSetFeature(link, "tx-checksum", false, this.net.path(netns));
    ethtoolSetFeature(link, "gro", true, this.net.path(netns));
  }

  private async start(site: Site, neighbors: readonly (readonly [Site, string])[]): Promise<void> {
    const { net, options } = this;
    const tables = new VtepTables(this.underlay(site));
    this.tables.set(site, tables);
    const plans: (LinkFacts & { slot: number; role: "uplink" | "access"; mtuBytes: number })[] = [];
    for (const [peer, link] of neighbors) {
      await this.prepareUplink(site, link);
      const facts = { ...(await net.link(site, link)), mtuBytes: UNDERLAY_MTU };
      const slot = tables.uplink(facts);
      const far = await net.link(
        peer,
        site === "hub" ? "up0" : peer === "hub" ? (site === "v1" ? "up1" : "up2") : "up0",
      );
      tables.vtep(this.underlay(peer), [], slot, { from: facts.mac, to: far.mac });
      plans.push({ ...facts, slot, role: "uplink" });
    }
    if (site !== "hub") {
      const facts = { ...(await net.link(site, "ac0")), mtuBytes: 1500 };
      plans.push({ ...facts, slot: tables.access(facts), role: "access" });
    }
    this.fill(site, tables, plans.length);
    within(net.path(site), () => {
      const driver = new EbpfDriver({ tables: tables.tables, programs: loadedPrograms() });
      this.drivers.set(site, driver);
      for (const plan of plans) driver.openInterface({ ...plan, hook: options.hook, kind: "veth" });
    });
  }

  private async prepareUplink(site: Site, link: string): Promise<void> {
    const { net } = this;
    const address = this.underlay(site);
    await net.ip(site, `addr add ${address}/${address.includes(":") ? 64 : 24} dev ${link}`);
    await net.ip(site, `link set ${link} mtu ${UNDERLAY_MTU}`);
    if (this.options.hook === "xdp") ethtoolSetFeature(link, "gro", true, net.path(site));
    if (link !== "up2") {
      await net.ip(site, "link add vtepd-gro type vxlan external dstport 4789 nolearning", "link set vtepd-gro up");
    }
  }

  /** `accessSlot`: of a leaf. */
  private fill(site: Site, tables: VtepTables, accessSlot: number): void {
    const own: Bd = site === "v2" ? BLUE : RED;
    const { irb } = this.options;
    const routes = irb !== "hub" || site === "hub";
    const bds: readonly Bd[] = irb === "asymmetric" || site === "hub" ? [RED, BLUE] : [own];
    for (const bd of bds) tables.bridgeDomain(bd, VNI_OF[bd], routes ? BdFlag.GATEWAY : 0);
    if (routes) this.fillVrf(tables, site, bds);
    if (site !== "hub") tables.localMac(own, this.hostMacs[own]!, tables.port(accessSlot, 0, own));
    if (irb === "hub" && site !== "hub") tables.remoteMac(own, formatMac(GATEWAY.hi, GATEWAY.lo), 1);
    for (const bd of bds)
      if (site === "hub" || bd !== own) tables.remoteMac(bd, this.hostMacs[bd]!, site === "hub" ? bd : 1);
  }

  private fillVrf({ tables }: VtepTables, site: Site, bds: readonly Bd[]): void {
    const { vrfs, bridgeDomains, hosts } = tables;
    if (site !== "hub" && this.options.irb === "symmetric") {
      vrfs.set(VRF, L3_VNI, VrfFlag.SYMMETRIC, ROUTER[site].hi, ROUTER[site].lo);
      this.routeToPeer(tables, site);
    }
    for (const bd of bds) {
      const addresses = SUBNETS[bd].map((prefix) => ({
        address: addressBytes(`${prefix}1`),
        length: lengthOf(prefix),
      }));
      bridgeDomains.setGateway(bd, VRF, GATEWAY.hi, GATEWAY.lo, addresses);
      for (const { address } of addresses) hosts.setLocal(VRF, address, bd);
      const mac = parseMac(this.hostMacs[bd]!)!;
      for (const prefix of SUBNETS[bd]) hosts.setNeighbor(VRF, addressBytes(`${prefix}2`), bd, mac.hi, mac.lo);
    }
  }

  private routeToPeer({ routes, prefixes }: VtepTables["tables"], site: "v1" | "v2"): void {
    const far = site === "v1" ? BLUE : RED;
    const router = ROUTER[site === "v1" ? "v2" : "v1"];
    routes.setVtep(1, 1, router.hi, router.lo);
    routes.setBuckets(1, new Uint16Array(64).fill(1));
    for (const prefix of SUBNETS[far]) prefixes.set(VRF, addressBytes(`${prefix}0`), lengthOf(prefix), 1);
  }
}
