//   h1 ─ eth0│ac0 v1 up0 ════ up0 v2 ac0│eth0 ─ h2         VNI 100, hosts 192.168.0.1 and .2
//
// v1 and v2 are userspace VTEPs in this process, or v2 is the kernel's bridge and vxlan.
import { UserspaceDriver } from "../../src/dataplane/userspace/driver.js";
import type { VtepSettings } from "../../src/tables/tables.js";
import { type LinkFacts, Namespaces } from "./namespaces.js";
import { VtepTables } from "./vtep_tables.js";

export interface OverlayOptions {
  readonly peer: "userspace" | "kernel";
  readonly ipv6?: boolean;
  /** Tag that the access ports expect. */
  readonly vlan?: number;
  readonly settings?: Partial<VtepSettings>;
  /** v1 does not know v2's MAC: its packets go through the kernel's routing. */
  readonly unresolved?: boolean;
  readonly socket?: "auto" | "af_xdp" | "af_packet";
}

export interface Vtep {
  readonly tables: VtepTables;
  readonly driver: UserspaceDriver;
  readonly reasons: readonly string[];
}

const VNI = 100;
const BD = 1;

function underlayAddress(ipv6: boolean, host: number): string {
  return ipv6 ? `fd00:0:0:0:0:0:0:${host}` : `10.0.0.${host}`;
}

export class Overlay {
  readonly net = new Namespaces();
  readonly vteps: Vtep[] = [];

  private constructor(private readonly options: OverlayOptions) {}

  static async up(options: OverlayOptions): Promise<Overlay> {
    const overlay = new Overlay(options);
    try {
      await overlay.build();
    } catch (error) {
      await overlay.down();
      throw error;
    }
    return overlay;
  }

  get v1(): Vtep {
    return this.vteps[0]!;
  }

  async down(): Promise<void> {
    for (const { driver } of this.vteps) driver.close();
    await this.net.remove();
  }

  private async build(): Promise<void> {
    const { net } = this;
    await net.add("h1", "v1", "v2", "h2");
    await net.veth("v1", "up0", "v2", "up0");
    for (const host of [1, 2]) await this.buildSide(host);
    const links = [await net.link("v1", "up0"), await net.link("v2", "up0")] as const;
    await this.startVtep(1, links[0], links[1]);
    if (this.options.peer === "userspace") await this.startVtep(2, links[1], links[0]);
    else await this.startKernelVtep();
  }

  private async buildSide(host: number): Promise<void> {
    const { net, options } = this;
    const [vtep, end] = [`v${host}`, `h${host}`];
    await net.veth(vtep, "ac0", end, "eth0");
    await net.ip(end, `addr add 192.168.0.${host}/24 dev eth0`, `addr add fd01::${host}/64 dev eth0`);
    const prefix = options.ipv6 ? 64 : 24;
    await net.ip(vtep, `addr add ${underlayAddress(options.ipv6 ?? false, host)}/${prefix} dev up0`);
    await net.ip(vtep, "link add vtepd-gro type vxlan external dstport 4789 nolearning", "link set vtepd-gro up");
    // Room for the outer headers without making the hosts' MTU smaller.
    await net.ip(vtep, "link set up0 mtu 1600");
  }

  private async startVtep(host: number, uplink: LinkFacts, peer: LinkFacts): Promise<void> {
    const { options, net } = this;
    const name = `v${host}`;
    const tables = new VtepTables(underlayAddress(options.ipv6 ?? false, host), options.settings);
    const access = await net.link(name, "ac0");
    const uplinkSlot = tables.uplink({ ...uplink, mtuBytes: 1600 });
    const accessSlot = tables.access(access);
    tables.bridgeDomain(BD, VNI);
    tables.port(accessSlot, options.vlan ?? 0, BD);
    const macs = options.unresolved && host === 1 ? undefined : { from: uplink.mac, to: peer.mac };
    tables.vtep(underlayAddress(options.ipv6 ?? false, 3 - host), [BD], uplinkSlot, macs);
    const driver = new UserspaceDriver({
      tables: tables.tables,
      netns: net.path(name),
      socket: options.socket ?? "auto",
    });
    const plan = { hook: "auto", kind: "veth" } as const;
    const reasons = [
      driver.openInterface({ ...plan, slot: uplinkSlot, ...uplink, role: "uplink", mtuBytes: 1600 }),
      driver.openInterface({ ...plan, slot: accessSlot, ...access, role: "access", mtuBytes: 1500 }),
    ].map(({ reason }) => reason);
    this.vteps.push({ tables, driver, reasons });
  }

  private async startKernelVtep(): Promise<void> {
    const { net, options } = this;
    const [local, remote] = [2, 1].map((host) => underlayAddress(options.ipv6 ?? false, host));
    await net.ip("v2", "link del vtepd-gro", "link add br0 type bridge", "link set br0 up");
    await net.ip("v2", `link add vx0 type vxlan id ${VNI} local ${local} remote ${remote} dstport 4789`);
    await net.ip("v2", "link set vx0 mtu 1500 master br0 up", "link set ac0 master br0");
  }
}
