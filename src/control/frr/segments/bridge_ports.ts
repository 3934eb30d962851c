// The interfaces of Ethernet segments in the bridges of their domains: zebra has no other way to tell to which VNI a
// segment belongs, and wants the MACs behind it as entries of this very port. The bridge must not pass a frame of it: the
// port is disabled, like the tunnel's, and the data path takes the frames before the bridge sees them.
//
// zebra (8.4.4) finds the VNI by the VLAN that both ports are untagged in, and looks at no bridge: so each such bridge has
// a VLAN of its own as the default of its ports, though it filters none.

import { VtepError } from "../../../wire/error.js";
import {
  BridgePortState,
  encodeGetLink,
  encodeSetBridgePort,
  encodeSetLink,
  type LinkMessage,
  type NetlinkObject,
  refusedWith,
  type Unsubscribe,
} from "../../netlink/index.js";
import { isOurs } from "../objects/ownership.js";
import type { Place } from "../places.js";

export interface WantedPort {
  /** Interface index of the bridge. */
  readonly bridge: number;
  /** VLAN of the bridge's ports, of no other bridge. */
  readonly vlan: number;
}

const SEALED = {
  state: BridgePortState.disabled,
  learning: false,
  unicastFlood: false,
  multicastFlood: false,
  broadcastFlood: false,
};

export class SegmentPorts {
  private wanted: ReadonlyMap<string, WantedPort> = new Map();
  /** Interfaces that we put into a bridge. */
  private readonly ours = new Set<string>();
  private readonly faults = new Map<string, string>();
  private readonly subscriptions: Unsubscribe[];
  private work: Promise<void> = Promise.resolve();
  private isPending = false;
  private isClosed = false;

  constructor(
    private readonly place: Place,
    private readonly changed: () => void,
  ) {
    const { links, client } = place;
    this.subscriptions = [
      links.onChange(({ name }) => this.wanted.has(name) && this.lookSoon()),
      client.onNotification((object) => this.opened(object) && this.lookSoon()),
    ];
  }

  apply(wanted: ReadonlyMap<string, WantedPort>): void {
    this.wanted = wanted;
    this.lookSoon();
  }

  /** Interface index of one that is in its bridge; 0 = not (yet). */
  indexOf(name: string): number {
    const link = this.place.links.get(name);
    return link !== null && link.master !== 0 && link.master === this.wanted.get(name)?.bridge ? link.ifindex : 0;
  }

  problems(): string[] {
    return Array.from(this.faults, ([name, why]) => `Ethernet segment on ${name}: ${why}`);
  }

  /** Resolves when ours are out of their bridges. */
  async leave(): Promise<void> {
    this.close();
    this.wanted = new Map();
    await this.work;
    await this.release();
  }

  close(): void {
    this.isClosed = true;
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  /** The kernel enables a port again when its interface changes. */
  private opened(object: NetlinkObject): boolean {
    if (object.kind !== "bridgePort" || object.removed || object.link.bridgePort === null) return false;
    const name = this.place.links.byIndex(object.link.ifindex)?.name ?? "";
    return this.wanted.has(name) && object.link.bridgePort.state !== SEALED.state;
  }

  /** Once for all that is told of until it runs. */
  private lookSoon(): void {
    if (this.isPending || this.isClosed) return;
    this.isPending = true;
    this.work = this.work.then(async () => {
      this.isPending = false;
      await this.release();
      for (const [name, port] of this.wanted) await this.settle(name, port);
      this.changed();
    });
  }

  private async release(): Promise<void> {
    for (const name of this.ours) {
      if (this.wanted.has(name)) continue;
      this.ours.delete(name);
      this.faults.delete(name);
      // Gone with its interface, or with the bridge, is as good.
      await this.place.client.execute(encodeSetLink(name, { master: 0 })).catch(() => {});
    }
  }

  private async settle(name: string, { bridge, vlan }: WantedPort): Promise<void> {
    this.faults.delete(name);
    try {
      const link = await this.read(name);
      const owner = await this.read(this.place.links.byIndex(bridge)?.name ?? "");
      if (link === undefined || owner === undefined) return;
      await this.separate(owner, vlan);
      await this.join(link, owner);
      await this.seal(name);
    } catch (error) {
      if (!(error instanceof VtepError)) throw error;
      this.faults.set(name, error.message);
    }
  }

  private async read(name: string): Promise<LinkMessage | undefined> {
    try {
      const answer = await this.place.client.get(encodeGetLink(name));
      return answer?.kind === "link" ? answer.link : undefined;
    } catch (error) {
      if (refusedWith(error) === "ENODEV") return undefined;
      throw error;
    }
  }

  private async separate({ name, ifindex, bridge }: LinkMessage, vlan: number): Promise<void> {
    if (bridge?.vlanDefaultPvid === undefined)
      throw new VtepError("kernel_lacks_vlans", "the kernel's bridges know no VLANs, by which zebra finds its VNI", {
        bridge: name,
      });
    if (bridge.vlanDefaultPvid === vlan) return;
    await this.place.client.execute(encodeSetLink(ifindex, { bridge: { vlanDefaultPvid: vlan } }));
  }

  private async join({ name, ifindex, master }: LinkMessage, owner: LinkMessage): Promise<void> {
    // Left there by a data path before this one.
    if (master === owner.ifindex && isOurs(owner)) this.ours.add(name);
    if (master === owner.ifindex) return;
    if (master !== 0) {
      const other = this.place.links.byIndex(master)?.name ?? "something else";
      throw new VtepError("segment_taken", `it belongs to ${other}: take it out`, { interface: name });
    }
    await this.place.client.execute(encodeSetLink(ifindex, { master: owner.ifindex }));
    this.ours.add(name);
  }

  private async seal(name: string): Promise<void> {
    const link = await this.read(name);
    if (link === undefined || link.bridgePort === null) return;
    const { state, learning } = link.bridgePort;
    if (state !== SEALED.state || learning) await this.place.client.execute(encodeSetBridgePort(link.ifindex, SEALED));
  }
}
