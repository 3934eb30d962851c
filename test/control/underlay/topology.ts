/**
 * Two namespaces, two links. The far side answers ARP and ND; nothing is ever sent but what vtepd asks for.
 *
 *   near (vtepd)                     far
 *   up0 10.0.0.1/24 -------- p0 10.0.0.2/24 02:00:00:00:02:00
 *   up1 10.0.1.1/24 -------- p1 10.0.1.2/24 02:00:00:00:02:01
 *   lo  10.255.0.1           fe80::1 on both p0 and p1
 *       2001:db8::1/128
 */
import type { NetlinkClient } from "../../../src/control/netlink/index.js";
import { type Links, Underlay, type UnderlayPath } from "../../../src/control/underlay/index.js";
import { Namespace } from "../netlink/kernel.js";

export const P0_MAC = "02:00:00:00:02:00";
export const P1_MAC = "02:00:00:00:02:01";

export class Topology {
  readonly near = new Namespace();
  readonly far = new Namespace();
  private readonly parts: { close(): void }[] = [];

  constructor() {
    this.addLink(0, P0_MAC);
    this.addLink(1, P1_MAC);
    this.near.ip("addr add 10.255.0.1/32 dev lo", "addr add 2001:db8::1/128 dev lo");
  }

  /** Also makes a deleted link anew, under another interface index. */
  addLink(number: number, mac: string): void {
    const [up, peer] = [`up${number}`, `p${number}`];
    this.near.ip(`link add ${up} type veth peer name ${peer} netns ${this.far.name}`);
    this.far.ip(`link set ${peer} address ${mac}`, `link set ${peer} up`, `addr add 10.0.${number}.2/24 dev ${peer}`);
    this.far.ip(`addr add fe80::1/64 dev ${peer} nodad`);
    this.near.ip(`link set ${up} up`, `addr add 10.0.${number}.1/24 dev ${up}`);
  }

  async follow(vteps: readonly string[], client: NetlinkClient = this.near.open()): Promise<Followed> {
    const links = await this.near.links(client);
    const localAddress = vteps[0]?.includes(":") ? "2001:db8::1" : "10.255.0.1";
    const underlay = new Underlay({ client, links, localAddress, uplinks: ["up0", "up1"] });
    const reported = new Map<string, UnderlayPath[]>();
    underlay.onPath((vtep, path) => reported.set(vtep, [...(reported.get(vtep) ?? []), path]));
    this.parts.push(underlay, links);
    underlay.setVteps(vteps);
    await underlay.settled();
    return { client, links, underlay, reported };
  }

  remove(): void {
    for (const part of this.parts) part.close();
    this.near.remove();
    this.far.remove();
  }
}

export interface Followed {
  readonly client: NetlinkClient;
  readonly links: Links;
  readonly underlay: Underlay;
  /** Every report, oldest first. */
  readonly reported: ReadonlyMap<string, UnderlayPath[]>;
}

/** "up0 via 10.0.0.2 02:00:00:00:02:00 weight 1", sorted; or the reason. */
export function describePath(path: UnderlayPath | null): string[] {
  if (path === null) return ["nothing reported"];
  const legs = path.legs.map((leg) => `${leg.interface} via ${leg.via} ${leg.mac ?? leg.reason} weight ${leg.weight}`);
  return legs.length > 0 ? legs.sort() : [path.reason ?? "no reason"];
}
