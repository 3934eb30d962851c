//   h1 ─ eth0│ac0 v1 up0 ════ up0 v2 ac0│eth0 ─ h2         VNI 100, hosts 192.168.0.1 and .2
//
// v1 is a VTEP in this process, by the data path that the test names; v2 another of the kind, or the kernel's bridge and
// vxlan.
import type { Driver, HookKind, OpenedInterface } from "../../src/dataplane/driver.js";
import type { Tables, VtepSettings } from "../../src/tables/tables.js";
import { type LinkFacts, Namespaces } from "./namespaces.js";
import { VtepTables } from "./vtep_tables.js";

export interface OverlayOptions {
  readonly peer: "vtep" | "kernel";
  readonly ipv6?: boolean;
  /** Tag that the access ports expect. */
  readonly vlan?: number;
  readonly settings?: Partial<VtepSettings>;
  /** v1 does not know v2's MAC: its packets go through the kernel's routing. */
  readonly unresolved?: boolean;
  /** Default: room for the outer headers without making the hosts' MTU smaller. */
  readonly underlayMtu?: number;
  /** Of the hosts. Default 1500. */
  readonly accessMtu?: number;
  /** VTEPs have the pair of devices that joins segments, as the daemon makes it. */
  readonly joiner?: boolean;
}

export interface Vtep<D extends Driver> {
  readonly tables: VtepTables;
  readonly driver: D;
  readonly netns: string;
  readonly opened: readonly OpenedInterface[];
  readonly uplinkSlot: number;
  readonly accessSlot: number;
}

export interface DataPlane<D extends Driver> {
  readonly hooks: Readonly<Record<"uplink" | "access", "auto" | HookKind>>;
  create(tables: Tables, netns: string): D;
  /** Where the driver is made, closed, and given interfaces. */
  within<T>(netns: string, action: () => T): T;
  /** Readies the interfaces of a VTEP and of its host, by their namespaces. */
  prepare?(vtep: string, host: string): void;
  /** Called within, before the VTEP has seen a frame. */
  onStart?(vtep: Vtep<D>): void;
}

const VNI = 100;
const BD = 1;
const ROOM_MTU = 1600;
const ACCESS_MTU = 1500;

export class Overlay<D extends Driver> {
  readonly net = new Namespaces();
  readonly vteps: Vtep<D>[] = [];

  private constructor(
    private readonly options: OverlayOptions,
    private readonly dataPlane: DataPlane<D>,
  ) {}

  static async up<D extends Driver>(options: OverlayOptions, dataPlane: DataPlane<D>): Promise<Overlay<D>> {
    const overlay = new Overlay(options, dataPlane);
    try {
      await overlay.build();
    } catch (error) {
      await overlay.down();
      throw error;
    }
    return overlay;
  }

  get v1(): Vtep<D> {
    return this.vteps[0]!;
  }

  underlayAddress(host: number): string {
    return this.options.ipv6 ? `fd00:0:0:0:0:0:0:${host}` : `10.0.0.${host}`;
  }

  /** One more host behind v1: `name`, with interface eth0. Returns its port. */
  async addHost(name: string): Promise<number> {
    const { net, v1 } = this;
    await net.add(name);
    await net.veth("v1", `ac-${name}`, name, "eth0");
    const link = await net.link("v1", `ac-${name}`);
    const slot = v1.tables.access(link);
    const port = v1.tables.port(slot, 0, BD);
    this.dataPlane.within(v1.netns, () => {
      v1.driver.openInterface({ slot, ...link, role: "access", hook: "auto", kind: "veth", mtuBytes: ACCESS_MTU });
      v1.driver.apply(v1.tables.tables);
    });
    return port;
  }

  /** Packets that an interface sent, as the kernel counts them: a super-packet is one. */
  packetsSent(name: string, link: string): Promise<number> {
    return this.packets(name, link, "tx");
  }

  packetsReceived(name: string, link: string): Promise<number> {
    return this.packets(name, link, "rx");
  }

  async down(): Promise<void> {
    for (const { driver, netns } of this.vteps) this.dataPlane.within(netns, () => driver.close());
    await this.net.remove();
  }

  private get accessMtu(): number {
    return this.options.accessMtu ?? ACCESS_MTU;
  }

  private async packets(name: string, link: string, way: "tx" | "rx"): Promise<number> {
    return Number(await this.net.exec(name, "cat", `/sys/class/net/${link}/statistics/${way}_packets`));
  }

  private get underlayMtu(): number {
    return this.options.underlayMtu ?? ROOM_MTU;
  }

  private async build(): Promise<void> {
    const { net } = this;
    await net.add("h1", "v1", "v2", "h2");
    await net.veth("v1", "up0", "v2", "up0");
    for (const host of [1, 2]) await this.buildSide(host);
    const links = [await net.link("v1", "up0"), await net.link("v2", "up0")] as const;
    await this.startVtep(1, links[0], links[1]);
    if (this.options.peer === "vtep") await this.startVtep(2, links[1], links[0]);
    else await this.startKernelVtep();
  }

  private async buildSide(host: number): Promise<void> {
    const { net, options } = this;
    const [vtep, end] = [`v${host}`, `h${host}`];
    await net.veth(vtep, "ac0", end, "eth0");
    await net.ip(end, `addr add 192.168.0.${host}/24 dev eth0`, `addr add fd01::${host}/64 dev eth0`);
    await net.ip(vtep, `addr add ${this.underlayAddress(host)}/${options.ipv6 ? 64 : 24} dev up0`);
    await net.ip(vtep, "link add vtepd-gro type vxlan external dstport 4789 nolearning", "link set vtepd-gro up");
    await net.ip(vtep, `link set up0 mtu ${this.underlayMtu}`, `link set ac0 mtu ${this.accessMtu}`);
    await net.ip(end, `link set eth0 mtu ${this.accessMtu}`);
    if (options.joiner) await this.addJoiner(vtep);
    this.dataPlane.prepare?.(net.path(vtep), net.path(end));
  }

  /** As the daemon makes it: no link-local addresses, and no frames about them. */
  async addJoiner(vtep: string): Promise<void> {
    await this.net.ip(vtep, "link add vtepd-join mtu 65535 type veth peer name vtepd-joined mtu 65535");
    for (const name of ["vtepd-join", "vtepd-joined"])
      await this.net.ip(vtep, `link set ${name} addrgenmode none`, `link set ${name} up`);
  }

  private async startVtep(host: number, uplink: LinkFacts, peer: LinkFacts): Promise<void> {
    const { options, net, dataPlane } = this;
    const netns = net.path(`v${host}`);
    const tables = new VtepTables(this.underlayAddress(host), options.settings);
    const access = await net.link(`v${host}`, "ac0");
    const uplinkSlot = tables.uplink({ ...uplink, mtuBytes: this.underlayMtu });
    const accessSlot = tables.access({ ...access, mtuBytes: this.accessMtu });
    tables.bridgeDomain(BD, VNI);
    tables.port(accessSlot, options.vlan ?? 0, BD);
    const macs = options.unresolved && host === 1 ? undefined : { from: uplink.mac, to: peer.mac };
    tables.vtep(this.underlayAddress(3 - host), [BD], uplinkSlot, macs);
    const plans = [
      { slot: uplinkSlot, ...uplink, role: "uplink", mtuBytes: this.underlayMtu },
      { slot: accessSlot, ...access, role: "access", mtuBytes: this.accessMtu },
    ] as const;
    dataPlane.within(netns, () => {
      const driver = dataPlane.create(tables.tables, netns);
      const opened = plans.map((plan) => {
        return driver.openInterface({ ...plan, hook: dataPlane.hooks[plan.role], kind: "veth" });
      });
      const vtep = { tables, driver, netns, opened, uplinkSlot, accessSlot };
      this.vteps.push(vtep);
      dataPlane.onStart?.(vtep);
    });
  }

  private async startKernelVtep(): Promise<void> {
    const { net } = this;
    const [local, remote] = [this.underlayAddress(2), this.underlayAddress(1)];
    await net.ip("v2", "link del vtepd-gro", "link add br0 type bridge", "link set br0 up");
    await net.ip("v2", `link add vx0 type vxlan id ${VNI} local ${local} remote ${remote} dstport 4789`);
    await net.ip("v2", `link set vx0 mtu ${this.accessMtu} master br0 up`, "link set ac0 master br0");
  }
}
