/**
 * A control layer (see ../vtep/lab.ts) whose near namespace has what the announcer writes to:
 *
 *   br-red (02:00:00:00:aa:01, 192.168.100.1/24)   lp-red (a veth)   vx-red (VNI 100), where the test plays zebra
 *   es-red (a veth), when the test says so: an Ethernet segment
 */
import { Announcer } from "../../../src/control/frr/announce/announcer.js";
import type { AnnouncePlace } from "../../../src/control/frr/announce/site.js";
import { type ForwardingEntry, NetlinkGroup } from "../../../src/control/netlink/index.js";
import { ControlLab } from "../vtep/lab.js";

/** Number of the Ethernet segment that es-red is. */
export const SEGMENT = 7;

export class AnnounceLab extends ControlLab {
  announcer!: Announcer;
  /** MACs that ever stood on lp-red, as numbers of their last four bytes. */
  readonly everAnnounced = new Set<number>();
  stickyElsewhere: number | undefined;
  staleSeconds = 0;
  private place!: AnnouncePlace;
  private isAttached = false;
  private changed: () => void = () => {};

  override async open(): Promise<void> {
    await super.open();
    this.makeObjects();
    const { near } = this.topology;
    const feed = near.open({ groups: [NetlinkGroup.neighbor], receiveBufferBytes: 1 << 22 });
    this.place = { name: "", client: near.open({ groups: [] }), feed };
    feed.onForwardingEntry((entry, removed) => this.note(entry, removed));
  }

  makeObjects(): void {
    this.topology.near.ip(
      "link add br-red type bridge mcast_snooping 0",
      "link set br-red address 02:00:00:00:aa:01 up",
      "link add lp-red type veth peer name lp-redp",
      "link add vx-red type vxlan id 100 dstport 14789 local 10.255.0.1 nolearning",
      "link set lp-red master br-red up",
      "link set vx-red master br-red up",
      "link set lp-redp up",
      "addr add 192.168.100.1/24 dev br-red",
    );
    this.topology.near.bridge("link set dev lp-red learning off");
    this.topology.near.bridge("link set dev vx-red learning off");
  }

  /** Under other interface indexes. */
  remakeObjects(): void {
    this.topology.near.ip("link del br-red", "link del lp-red", "link del vx-red");
    this.makeObjects();
    this.changed();
  }

  announce(): void {
    this.announcer = new Announcer({
      ...{ tables: this.tables, clock: this.clock, domains: this.control.domains, local: this.control.neighbors.local },
      events: (kind, objects) => this.told.push({ kind, ...objects }),
      objects: { domains: () => [this.objects()], onChange: (listener) => (this.changed = listener) },
      staleSeconds: () => this.staleSeconds,
      isStickyElsewhere: (_bd, _hi, lo) => lo === this.stickyElsewhere,
    });
  }

  /** The interface of an Ethernet segment comes into the bridge, or leaves it. */
  attach(isAttached: boolean): void {
    if (isAttached && !this.isAttached)
      this.topology.near.ip("link add es-red type veth peer name es-redp", "link set es-red master br-red up");
    if (!isAttached && this.isAttached) this.topology.near.ip("link del es-red");
    this.isAttached = isAttached;
    this.changed();
  }

  private objects() {
    const of = (name: string) => Number(this.topology.near.read(`-o link show ${name}`).split(":")[0]);
    const segments = this.isAttached ? [{ segment: SEGMENT, port: of("es-red") }] : [];
    const [bridge, vxlan, port] = [of("br-red"), of("vx-red"), of("lp-red")];
    return { place: this.place, bridgeDomain: "red", bridge, vxlan, port, segments };
  }

  private note({ lo, state }: ForwardingEntry, removed: boolean): void {
    if (!removed && (state & 0x80) === 0) this.everAnnounced.add(lo);
  }

  /** "02:…:01 extern_learn", "02:…:01 sticky static" of a port, sorted; not those of the port's own MAC. */
  announced(port = "lp-red"): string[] {
    const lines = this.topology.near.bridge(`fdb show br br-red`).split("\n");
    const own = lines.filter((line) => line.includes(` dev ${port} `) && !line.includes("permanent"));
    const words = own.filter((line) => line.includes("master br-red")).map((line) => line.split(/\s+/));
    const plain = new Set(["dev", port, "master", "br-red", ""]);
    return words.map((line) => line.filter((word) => !plain.has(word)).join(" ")).sort();
  }

  /** "192.168.100.10 02:…:0a", with "router" where it says so. */
  announcedBindings(): string[] {
    const lines = this.topology.near.read("-d neigh show dev br-red nud all").split("\n");
    return lines
      .filter((line) => line.includes("PERMANENT") && line.includes("proto 200"))
      .map((line) => line.replace(/ lladdr| PERMANENT| proto 200/g, "").trim())
      .sort();
  }

  override close(): void {
    this.announcer?.close();
    super.close();
  }
}
