// A VTEP in this process, by any data path, between the sender of receiver.ts and one more host, who gets what it forwards:
//
//   s up0 ── down0 r out0 ── eth0 z

import { InterfaceFlag } from "../../src/abi/generated.js";
import type { Driver, HookKind, InterfacePlan, OpenedInterface } from "../../src/dataplane/driver.js";
import { EbpfDriver } from "../../src/dataplane/ebpf/driver.js";
import type { SocketChoice } from "../../src/dataplane/userspace/choose.js";
import { UserspaceDriver } from "../../src/dataplane/userspace/driver.js";
import type { FixCount } from "../../src/tables/counters.js";
import { loadedPrograms } from "../bpf/loaded.js";
import { HostSocket } from "../dataplane/host_socket.js";
import { until } from "../dataplane/namespaces.js";
import { VtepTables } from "../dataplane/vtep_tables.js";
import type { Receiver } from "./receiver.js";

export interface Way {
  readonly datapath: "ebpf" | "userspace";
  readonly hook?: HookKind;
  readonly socket?: SocketChoice;
}

/** Of the interface that the sender's frames come in by. */
export interface Wish extends Way {
  readonly repair?: { readonly ipv6: boolean };
  /** Default: an access port. */
  readonly role?: "uplink";
  readonly vlan?: number;
  readonly mtuBytes?: number;
}

const BD = 1;
const SLOT = 1;

export class VtepHere {
  opened!: OpenedInterface;
  private driver!: Driver;
  private far!: HostSocket;
  private closed = false;

  private constructor(
    private readonly at: Receiver,
    private readonly wish: Wish,
  ) {}

  static async up(at: Receiver, wish: Wish): Promise<VtepHere> {
    const { net } = at;
    await net.veth("r", "out0", "z", "eth0");
    const vtep = new VtepHere(at, wish);
    await net.ip("r", `link set out0 mtu ${wish.mtuBytes ?? 1500}`);
    await net.ip("z", `link set eth0 mtu ${wish.mtuBytes ?? 1500}`);
    const out = await net.link("r", "out0");
    vtep.far = at.keep(new HostSocket(net.path("z"), (await net.link("z", "eth0")).ifindex));
    at.keep(vtep);
    at.inside(() => vtep.open(out));
    return vtep;
  }

  /** What comes out at the far host. */
  async forwards(frame: Uint8Array): Promise<void> {
    await until(() => this.far.receive(frame));
  }

  fixes(): FixCount | undefined {
    return this.at.inside(() => this.driver.readCounters().fixes.find(({ slot }) => slot === SLOT));
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.at.inside(() => this.driver.close());
  }

  private open(out: { readonly name: string; readonly ifindex: number; readonly mac: string }): void {
    const { at, wish } = this;
    const tables = new VtepTables("10.0.0.1");
    tables.bridgeDomain(BD, 100);
    const inward = tables.access(at.here);
    if (wish.role !== "uplink") tables.port(inward, wish.vlan ?? 0, BD);
    const outward = tables.access({ ...out, mtuBytes: wish.mtuBytes });
    tables.port(outward, 0, BD);
    tables.tables.interfaces.set(inward, at.here.name, at.here.ifindex, flagsOf(wish), wish.mtuBytes ?? 1500);
    const own = wish.datapath === "ebpf" ? { programs: loadedPrograms() } : { socket: wish.socket };
    this.driver =
      wish.datapath === "ebpf"
        ? new EbpfDriver({ tables: tables.tables, ...own })
        : new UserspaceDriver({ tables: tables.tables, netns: at.net.path("r"), ...own });
    const plan = { kind: "veth", mtuBytes: wish.mtuBytes ?? 1500 } as const;
    const { role = "access", hook = "auto" } = wish;
    this.opened = this.take({ slot: inward, ...at.here, ...plan, role, hook });
    this.take({ slot: outward, ...out, ...plan, role: "access", hook: "auto" });
    this.driver.apply(tables.tables);
  }

  private take(plan: InterfacePlan): OpenedInterface {
    return this.driver.openInterface(plan);
  }
}

function flagsOf({ repair, role }: Wish): number {
  const uplink = role === "uplink" ? InterfaceFlag.UPLINK : 0;
  if (repair === undefined) return uplink;
  return uplink | InterfaceFlag.FIX_ETHERTYPE | (repair.ipv6 ? InterfaceFlag.FIX_IPV6 : 0);
}
