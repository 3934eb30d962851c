//   h1 ─ eth0│ac0 v1 up0 ════ up0 v2 ac0│eth0 ─ h2         VNI 100, hosts 192.168.0.1 and .2
//
// v1 is an eBPF VTEP in this process; v2 another, or the kernel's bridge and vxlan. The driver works in the
// namespace of its interfaces, so this thread goes there whenever one is opened or closed.
import { closeSync, openSync } from "node:fs";
import type { HookKind, OpenedInterface } from "../../src/dataplane/driver.js";
import { EbpfDriver } from "../../src/dataplane/ebpf/driver.js";
import { HEADROOM_BYTES } from "../../src/engine/execute.js";
import { enterNetns, ethtoolSetFeature } from "../../src/native/index.js";
import type { VtepSettings } from "../../src/tables/tables.js";
import { arpRequest } from "../dataplane/host_socket.js";
import { type LinkFacts, Namespaces } from "../dataplane/namespaces.js";
import { VtepTables } from "../dataplane/vtep_tables.js";

export interface OverlayOptions {
  readonly peer: "ebpf" | "kernel";
  /** Of every interface; default auto, which is tc on a veth. */
  readonly hook?: "auto" | HookKind;
  /** Of the uplinks, where it is another. */
  readonly uplinkHook?: HookKind;
  readonly ipv6?: boolean;
  /** Tag that the access ports expect. */
  readonly vlan?: number;
  readonly settings?: Partial<VtepSettings>;
  /** v1 does not know v2's MAC: its packets go through the kernel's routing. */
  readonly unresolved?: boolean;
  readonly underlayMtu?: number;
  /** Hand the programs the kernel's vxlan device, as the daemon does. */
  readonly kernelTunnel?: boolean;
}

export interface Vtep {
  readonly tables: VtepTables;
  readonly driver: EbpfDriver;
  readonly netns: string;
  readonly opened: readonly OpenedInterface[];
  readonly uplinkSlot: number;
  readonly accessSlot: number;
}

const VNI = 100;
const BD = 1;
const ROOM_MTU = 1600;

/** Runs `action` with this thread in another network namespace. */
export function within<T>(netns: string, action: () => T): T {
  const home = openSync("/proc/thread-self/ns/net", "r");
  try {
    enterNetns(netns);
    return action();
  } finally {
    enterNetns(home);
    closeSync(home);
  }
}

/** As if the programs had punted this frame. */
function handOver(driver: EbpfDriver, slot: number, frame: Uint8Array): void {
  const buffer = new Uint8Array(HEADROOM_BYTES + frame.length);
  buffer.set(frame, HEADROOM_BYTES);
  driver.handle(buffer, HEADROOM_BYTES, frame.length, slot);
  driver.flush();
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

  underlayAddress(host: number): string {
    return this.options.ipv6 ? `fd00:0:0:0:0:0:0:${host}` : `10.0.0.${host}`;
  }

  /** One more host behind v1: `name`, with interface eth0. */
  async addHost(name: string): Promise<void> {
    const { net, v1 } = this;
    await net.add(name);
    await net.veth("v1", `ac-${name}`, name, "eth0");
    const link = await net.link("v1", `ac-${name}`);
    const slot = v1.tables.access(link);
    v1.tables.port(slot, 0, BD);
    within(net.path("v1"), () => {
      v1.driver.openInterface({ slot, ...link, role: "access", hook: "auto", kind: "veth", mtuBytes: 1500 });
      v1.driver.apply(v1.tables.tables);
    });
  }

  /** Packets that an interface sent, as the kernel counts them: a super-packet is one. */
  async packetsSent(name: string, link: string): Promise<number> {
    const text = await this.net.exec(name, "cat", `/sys/class/net/${link}/statistics/tx_packets`);
    return Number(text);
  }

  async down(): Promise<void> {
    for (const { driver, netns } of this.vteps) within(netns, () => driver.close());
    await this.net.remove();
  }

  private async build(): Promise<void> {
    const { net } = this;
    await net.add("h1", "v1", "v2", "h2");
    await net.veth("v1", "up0", "v2", "up0");
    for (const host of [1, 2]) await this.buildSide(host);
    const links = [await net.link("v1", "up0"), await net.link("v2", "up0")] as const;
    await this.startVtep(1, links[0], links[1]);
    if (this.options.peer === "ebpf") await this.startVtep(2, links[1], links[0]);
    else await this.startKernelVtep();
  }

  private async buildSide(host: number): Promise<void> {
    const { net, options } = this;
    const [vtep, end] = [`v${host}`, `h${host}`];
    await net.veth(vtep, "ac0", end, "eth0");
    await net.ip(end, `addr add 192.168.0.${host}/24 dev eth0`, `addr add fd01::${host}/64 dev eth0`);
    await net.ip(vtep, `addr add ${this.underlayAddress(host)}/${options.ipv6 ? 64 : 24} dev up0`);
    await net.ip(vtep, "link add vtepd-gro type vxlan external dstport 4789 nolearning", "link set vtepd-gro up");
    await net.ip(vtep, `link set up0 mtu ${options.underlayMtu ?? ROOM_MTU}`);
    if (options.hook === "xdp" || options.uplinkHook === "xdp") this.prepareForXdp(vtep, end);
  }

  /** A veth takes redirected frames only with NAPI at its peer, and XDP knows no partial checksums. */
  private prepareForXdp(vtep: string, end: string): void {
    ethtoolSetFeature("eth0", "tx-checksum", false, this.net.path(end));
    ethtoolSetFeature("eth0", "gro", true, this.net.path(end));
    ethtoolSetFeature("up0", "gro", true, this.net.path(vtep));
  }

  private async startVtep(host: number, uplink: LinkFacts, peer: LinkFacts): Promise<void> {
    const { options, net } = this;
    const name = `v${host}`;
    const tables = new VtepTables(this.underlayAddress(host), options.settings);
    const access = await net.link(name, "ac0");
    const mtuBytes = options.underlayMtu ?? ROOM_MTU;
    const uplinkSlot = tables.uplink({ ...uplink, mtuBytes });
    const accessSlot = tables.access(access);
    tables.bridgeDomain(BD, VNI);
    tables.port(accessSlot, options.vlan ?? 0, BD);
    const macs = options.unresolved && host === 1 ? undefined : { from: uplink.mac, to: peer.mac };
    tables.vtep(this.underlayAddress(3 - host), [BD], uplinkSlot, macs);
    const hook = options.hook ?? "auto";
    const plan = { hook, kind: "veth" } as const;
    within(net.path(name), () => {
      const tunnelDevice = options.kernelTunnel === true ? "vtepd-gro" : undefined;
      const driver = new EbpfDriver({ tables: tables.tables, tunnelDevice });
      const opened = [
        driver.openInterface({
          ...plan,
          hook: options.uplinkHook ?? hook,
          slot: uplinkSlot,
          ...uplink,
          role: "uplink",
          mtuBytes,
        }),
        driver.openInterface({ ...plan, slot: accessSlot, ...access, role: "access", mtuBytes: 1500 }),
      ];
      this.vteps.push({ tables, driver, netns: net.path(name), opened, uplinkSlot, accessSlot });
      // The socket to the kernel's routing is opened with the first packet that needs it: here, not at home.
      if (macs === undefined) handOver(driver, accessSlot, arpRequest(options.vlan ?? 0));
    });
  }

  private async startKernelVtep(): Promise<void> {
    const { net } = this;
    const [local, remote] = [this.underlayAddress(2), this.underlayAddress(1)];
    await net.ip("v2", "link del vtepd-gro", "link add br0 type bridge", "link set br0 up");
    await net.ip("v2", `link add vx0 type vxlan id ${VNI} local ${local} remote ${remote} dstport 4789`);
    await net.ip("v2", "link set vx0 mtu 1500 master br0 up", "link set ac0 master br0");
  }
}
