// A VTEP made of lists: the API and the command line are tested against it, whatever carries frames.

import type { FdbFilter, FlushFilter, Readiness, ReloadResult, VtepOperations } from "../../src/api/operations.js";
import type { AuditView } from "../../src/telemetry/audit_view.js";
import type {
  BridgeDomainView,
  DropView,
  EventView,
  FdbView,
  MacPathView,
  NeighborView,
  PortView,
  RepairView,
  RouteView,
  SegmentView,
  StatusView,
  VrfView,
  VtepView,
} from "../../src/telemetry/view_types.js";

const traffic = { rxPackets: 10, rxBytes: 1500, txPackets: 7, txBytes: 2_000_000 };

export function macOf(index: number): string {
  return `02:00:${index
    .toString(16)
    .padStart(8, "0")
    .replace(/(..)(?!$)/g, "$1:")}`;
}

export function fdbEntry(index: number): FdbView {
  const place = { where: "local", interface: "eth2", vlan: 10, vtep: null } as const;
  const rest = { origin: "learned", sticky: false, held: false, idleSeconds: 1.5 } as const;
  return { bridgeDomain: "red", vni: 100, mac: macOf(index), ...place, ...rest };
}

const remoteEntry: FdbView = {
  ...fdbEntry(0xff),
  where: "remote",
  interface: null,
  vlan: null,
  vtep: "10.0.0.2",
  origin: "static",
  sticky: true,
  idleSeconds: null,
};

export class ListedVtep implements VtepOperations {
  ready = true;
  reasons: string[] = [];
  fdbCount = 2;
  reloaded: ReloadResult | Error = { changed: ["ports[eth2/10]"] };
  /** What the last call was given. */
  asked: unknown;
  private waiting: (() => void)[] = [];

  /** As new, also where a test has put another method in. */
  reset(): void {
    for (const key of Object.keys(this)) Reflect.deleteProperty(this, key);
    Object.assign(this, new ListedVtep());
  }

  status(): StatusView {
    return {
      state: this.ready ? "ready" : "starting",
      reasons: this.reasons,
      datapath: "ebpf",
      datapathReason: "auto",
      version: "0.1.0",
      uptimeSeconds: 7384,
      address: "10.0.0.1",
      udpPort: 4789,
      configFile: "/etc/vtepd.yaml",
      processId: 42,
    };
  }

  ports(): PortView[] {
    const byQueue = { delivery: "queue", deliveryReason: "" } as const;
    const up = { state: "forwarding", stateReason: "", hook: "tc", hookReason: "a veth", ...byQueue } as const;
    return [
      { interface: "eth1", vlan: null, bridgeDomain: "red", ...up, macCount: 1, macLimit: null, ...traffic },
      {
        interface: "eth2",
        vlan: 10,
        bridgeDomain: "red",
        state: "err-disabled",
        stateReason: "MAC limit violated",
        hook: null,
        hookReason: "",
        ...byQueue,
        macCount: 3,
        macLimit: 3,
        ...traffic,
      },
    ];
  }

  *fdb(filter: FdbFilter): Iterable<FdbView> {
    this.asked = { ...filter };
    yield remoteEntry;
    for (let index = 1; index < this.fdbCount; index++) yield fdbEntry(index);
  }

  macPaths(mac: string): MacPathView[] {
    this.asked = mac;
    if (mac !== remoteEntry.mac) return [];
    const leg = { interface: "up0", via: "fe80::1", mac: "02:00:00:00:ff:01", reason: "" };
    const dead = { interface: "up1", via: "fe80::2", mac: null, reason: "no carrier" };
    const ways = [{ vtep: "10.0.0.2", underlay: [leg, dead], underlayReason: "" }];
    return [{ ...remoteEntry, addresses: ["192.0.2.9"], ways }];
  }

  neighbors(): NeighborView[] {
    const state = { state: "reachable", idleSeconds: 3 };
    return [{ bridgeDomain: "red", vrf: null, ip: "192.0.2.1", mac: macOf(1), origin: "learned", ...state }];
  }

  vteps(): VtepView[] {
    const routers = [{ vrf: "tenant", l3vni: 5000, routerMac: "02:00:00:00:aa:02" }];
    const known = { underlayReason: "", pathMtu: null, known: true, macCount: 1, routers, ...traffic };
    const leg = { interface: "up0", via: "fe80::1", mac: "02:00:00:00:ff:01", reason: "" };
    return [{ address: "10.0.0.2", bridgeDomains: ["red", "a", "b", "c", "d", "e"], underlay: [leg], ...known }];
  }

  routes(): RouteView[] {
    const nexthop = { vtep: "10.0.0.2", l3vni: 5000, routerMac: "02:00:00:00:aa:02" };
    return [{ vrf: "tenant", prefix: "192.0.2.0/24", nexthops: [nexthop, { bridgeDomain: "red" }] }];
  }

  vrfs(): VrfView[] {
    const counts = { bridgeDomains: ["red"], routeCount: 1, neighborCount: 0 };
    return [{ name: "tenant", l3vni: 5000, routerMac: null, irb: "symmetric", table: 200, ...counts }];
  }

  bridgeDomains(): BridgeDomainView[] {
    const policy = {
      learning: true,
      learnRemote: false,
      ageing: 300,
      arpSuppression: false,
      unknownArp: "flood",
      knownArp: "reply",
      unknownNdOptions: "unicast-forward",
      maxBindings: 16_384,
      liveness: { interval: 60, probes: 3, retry: 1 },
      duplicateDetection: { moves: 5, seconds: 180, freeze: 600 },
      mobility: "allow",
    } as const;
    const routed = { vrf: null, gateway: null, neighborCount: 1 };
    const unknown = { unknownUnicast: "flood", unknownUnicastHold: 40 } as const;
    const counts = { portCount: 2, floodPortCount: 1, vtepCount: 1, macCount: 2 };
    return [{ name: "red", vni: 100, ...policy, ...routed, ...unknown, ...counts, ...traffic }];
  }

  repairs(): RepairView[] {
    const counts = { fixed: 3, suspicious: 1, passed: 40, fixed4: 2, fixed6: 1 };
    return [{ interface: "up0", role: "underlay", ipv6: true, ...counts }];
  }

  segments(): SegmentView[] {
    const segment = { esi: "03:02:cc:00:00:00:01:00:00:01", interface: "bond0", bridgeDomain: "red" };
    return [{ ...segment, designatedForwarder: true, vteps: ["10.255.0.2"], announced: true }];
  }

  drops(): DropView[] {
    return [{ reason: "unknown_vni", interface: "up0", bridgeDomain: null, packets: 12 }];
  }

  events(limit = 2): EventView[] {
    this.asked = { limit };
    const time = "2026-01-01T00:00:00.000Z";
    const all = ["port_up", "mac_limit"].map((kind) => {
      return { time, kind, count: 3, lastTime: time, suppressed: 0, interface: "eth2", vlan: 10 };
    });
    return all.slice(-limit);
  }

  async audit(repair: boolean): Promise<AuditView[]> {
    this.asked = { repair };
    const sides = { frr: null, kernel: "10.0.0.2", vtepd: "10.0.0.2", dataPath: null };
    const doing = { action: "delete_from_kernel", outcome: repair ? "repaired" : "found", why: "" };
    return [{ what: "mac", bridgeDomain: "red", vrf: null, key: macOf(9), ...sides, ...doing }];
  }

  async reload(): Promise<ReloadResult> {
    if (this.reloaded instanceof Error) throw this.reloaded;
    return this.reloaded;
  }

  async waitReady(timeoutSeconds: number): Promise<Readiness> {
    this.asked = { timeoutSeconds };
    if (!this.ready && timeoutSeconds > 0) {
      const timer = setTimeout(() => this.wake(), timeoutSeconds * 1000);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
      clearTimeout(timer);
    }
    return { ready: this.ready, reasons: this.reasons };
  }

  /** Whether a client waits now. */
  get hasWaiter(): boolean {
    return this.waiting.length > 0;
  }

  becomeReady(): void {
    this.ready = true;
    this.reasons = [];
    this.wake();
  }

  flush(filter: FlushFilter): number {
    this.asked = { ...filter };
    return 3;
  }

  enablePort(interfaceName: string, vlan: number): boolean {
    this.asked = { interfaceName, vlan };
    return this.ports().some((port) => port.interface === interfaceName && (port.vlan ?? 0) === vlan);
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
