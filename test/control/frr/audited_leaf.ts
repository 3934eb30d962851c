// Two leaves with real FRR, VRFs being namespaces: a, which is audited, and b, whose hosts a hears of.
//
//   a: red { br100 vx100 lp100, br5000 vx5000 } up0 10.0.0.1 ──── 10.0.0.2 up0 b: red { the same, br200 10.1.200.1/24 }
//
// The part of the mirror is played by a copy of the kernel's tables, made whenever it is asked to read again.

import { FdbFlag, FdbKind } from "../../../src/abi/generated.js";
import type { AuditParts, HeldRoute } from "../../../src/control/frr/audit/index.js";
import { KernelPicture } from "../../../src/control/frr/audit/kernel_picture.js";
import { macHalves } from "../../../src/control/frr/audit/mac_number.js";
import type { DomainObjects, VrfObjects } from "../../../src/control/frr/objects/placed.js";
import { type Place, Places } from "../../../src/control/frr/places.js";
import { VtyConnection } from "../../../src/control/frr/vty/index.js";
import { mappedAddress } from "../../../src/control/mapped_address.js";
import { UNDERLAY_GROUPS } from "../../../src/control/netlink/index.js";
import { Links } from "../../../src/control/underlay/index.js";
import { NeighborFlag } from "../../../src/tables/neighbor.js";
import { Tables } from "../../../src/tables/tables.js";
import { type Mac, parseMac } from "../../../src/wire/ethernet.js";
import { connect, type FabricNode, makeNode } from "./fabric.js";

const BD = 1;
const VTEP = 1;
export const MAC_B = "02:bb:00:00:00:01";

export function configOf(index: number): string {
  return `hostname leaf${index}
vrf red
 vni 5000
exit-vrf
!
router bgp 1000
 bgp router-id 10.0.0.${index}
 no bgp default ipv4-unicast
 timers bgp 3 9
 coalesce-time 0
 neighbor 10.0.0.${3 - index} remote-as 1000
 neighbor 10.0.0.${3 - index} timers connect 1
 address-family l2vpn evpn
  neighbor 10.0.0.${3 - index} activate
  advertise-all-vni
 exit-address-family
!
router bgp 1000 vrf red
 bgp router-id 10.0.0.${index}
 address-family ipv4 unicast
  redistribute connected
 exit-address-family
 address-family l2vpn evpn
  advertise ipv4 unicast
 exit-address-family
`;
}

export async function makeLeaf(name: string, index: number): Promise<FabricNode> {
  const leaf = await makeNode(name);
  await leaf.ip("netns add red", "-n red link set lo up");
  for (const vni of [100, 5000]) {
    const mac = vni === 100 ? "02:00:5e:00:00:fe" : `02:00:00:00:50:0${index}`;
    await leaf.ip(
      `link add vx${vni} type vxlan id ${vni} local 10.0.0.${index} dstport 14789 nolearning`,
      `link set vx${vni} netns red`,
      `-n red link add br${vni} type bridge mcast_snooping 0`,
      `-n red link set br${vni} address ${mac} addrgenmode none`,
      `-n red link set vx${vni} master br${vni} addrgenmode none`,
      `-n red link set vx${vni} type bridge_slave learning off neigh_suppress on`,
      `-n red link set vx${vni} up`,
      `-n red link set br${vni} up`,
    );
  }
  await leaf.ip(
    "-n red link add lp100 type veth peer name lp100p",
    "-n red link set lp100 master br100",
    "-n red link set lp100 type bridge_slave learning off",
    "-n red link set lp100 up",
    "-n red link set lp100p up",
    `-n red addr add 10.1.100.${index}/24 dev br100`,
  );
  return leaf;
}

export class AuditLab {
  readonly tables = new Tables();
  readonly announced: { macs: Mac[]; bindings: { address: Uint8Array; mac: Mac }[] } = { macs: [], bindings: [] };
  readonly log: string[] = [];
  settled = true;
  zebra: VtyConnection | undefined;
  bgpd: VtyConnection | undefined;
  private routes: HeldRoute[] = [];

  private constructor(
    readonly a: FabricNode,
    readonly b: FabricNode,
    readonly place: Place,
    private readonly places: Places,
    readonly domain: DomainObjects,
    readonly vrf: VrfObjects,
  ) {}

  static async make(): Promise<AuditLab> {
    const [a, b] = [await makeLeaf("a", 1), await makeLeaf("b", 2)];
    await connect(a, "up0", b, "up0");
    await a.ip("addr add 10.0.0.1/24 dev up0");
    await b.ip("addr add 10.0.0.2/24 dev up0", "-n red link add br200 type bridge", "-n red link set br200 up");
    await b.ip("-n red addr add 10.1.200.1/24 dev br200");
    await b.exec("bridge", "-n", "red", ...`fdb add ${MAC_B} dev lp100 master dynamic extern_learn`.split(" "));
    await b.ip(`-n red neigh add 10.1.100.22 lladdr ${MAC_B} dev br100 nud permanent protocol 200`);
    const client = a.openNetlink("", UNDERLAY_GROUPS, 1 << 20);
    const links = new Links(client);
    await links.load();
    const places = new Places({ client, links }, a.openNetlink);
    const place = await places.open("red");
    const index = (name: string) => place.links.get(name)!.ifindex;
    const bridge = { bridge: index("br100"), vxlan: index("vx100"), port: index("lp100"), portPeer: index("lp100p") };
    const domain = { place, bridgeDomain: "blue", ...bridge };
    const vrf = { place, vrf: "tenant", table: 254, l3Bridge: index("br5000"), l3Vxlan: index("vx5000") };
    const lab = new AuditLab(a, b, place, places, domain, vrf);
    for (const [node, number] of [
      [a, 1],
      [b, 2],
    ] as const) {
      await node.startFrr(configOf(number), ["zebra", "bgpd"], ["-n"]);
    }
    await lab.askFrr();
    return lab;
  }

  /** After FRR of a was started. */
  async askFrr(): Promise<void> {
    this.zebra?.close();
    this.bgpd?.close();
    this.zebra = await VtyConnection.open(`${this.a.folder}/zebra.vty`);
    this.bgpd = await VtyConnection.open(`${this.a.folder}/bgpd.vty`);
  }

  parts(clock: AuditParts["clock"]): AuditParts {
    const { tables } = this;
    return {
      clock,
      objects: { domains: () => [this.domain], vrfs: () => [this.vrf] },
      held: {
        tables,
        domainOf: () => BD,
        domainName: () => "blue",
        vtepAddressOf: () => "10.0.0.2",
        changed: () => {},
        routes: () => this.routes,
      },
      mirror: { readAgain: () => this.readAgain() },
      announcer: {
        macs: () => this.announced.macs,
        bindings: () => this.announced.bindings,
        announceAgain: async () => void this.log.push("announced"),
      },
      configured: { isFloodVtep: () => false, isRoute: () => false },
      dataPath: {},
      vtys: () => ({ zebra: this.zebra, bgpd: this.bgpd }),
      isSettled: () => this.settled,
      vniOf: () => 100,
      vrfOf: () => ({ l3Vni: 5000, frrName: "red" }),
    };
  }

  async readAgain(): Promise<void> {
    this.log.push("read");
    const kernel = new KernelPicture(this.place);
    await kernel.read();
    kernel.close();
    const { tables, domain, vrf } = this;
    const old: Mac[] = [];
    tables.fdb.forEach((entry) => {
      old.push(entry);
    });
    for (const { hi, lo } of old) tables.fdb.delete(BD, hi, lo);
    const { bridged, tunnelled, flood } = kernel.device(domain.vxlan);
    for (const mac of bridged.keys()) {
      const { hi, lo } = macHalves(mac);
      if (tunnelled.has(mac)) tables.fdb.set(BD, hi, lo, FdbKind.REMOTE, VTEP, FdbFlag.EVPN, 0);
    }
    tables.bridgeDomains.setFloodVteps(BD, flood.size === 0 ? [] : [VTEP]);
    for (const index of [...tables.neighbors.indexes()]) tables.neighbors.delete(index);
    for (const [address, text] of kernel.bridge(domain.bridge).remote) {
      const { hi, lo } = parseMac(text)!;
      tables.neighbors.set(BD, mappedAddress(address), hi, lo, NeighborFlag.EVPN, 0);
    }
    const routerMac = parseMac(kernel.bridge(vrf.l3Bridge).remote.get("10.0.0.2") ?? "") ?? { hi: 0, lo: 0 };
    this.routes = [...kernel.table(vrf.table).keys()].map((prefix) => {
      return { vrf: "tenant", prefix, targets: [{ vtep: "10.0.0.2", routerMac }] };
    });
  }

  /** `bridge` in the VRF of a. */
  async bridge(words: string): Promise<string> {
    return this.a.exec("bridge", "-n", "red", ...words.split(" "));
  }

  async remove(): Promise<void> {
    this.zebra?.close();
    this.bgpd?.close();
    const own = this.places.own;
    this.places.closeAll();
    own.links.close();
    own.client.close();
    await Promise.all([this.a.remove(), this.b.remove()]);
  }
}
