// A veth pair of our own, idle and without addresses, through which the tc programs send TCP streams that the underlay
// delivers segment by segment: its far end joins them (bpf/lib/join.h). The data path says what it is to do; here it is
// made and removed.
//
// It outlives a crash, as every network device does; the next start takes it over. SIGTERM removes it.

import { VtepError } from "../wire/error.js";
import {
  AddressGeneration,
  encodeDeleteLink,
  encodeNewVeth,
  encodeSetLink,
  type NetlinkClient,
} from "./netlink/index.js";
import type { Links } from "./underlay/index.js";

/** Where segments go in, and where they come out. */
export const JOIN_NAME = "vtepd-join";
export const JOINED_NAME = "vtepd-joined";

/** The most that a veth takes: what came through the uplink is to come through here. */
const MTU_BYTES = 65_535;

export class Joiner {
  private constructor(
    private readonly client: NetlinkClient,
    readonly ifindex: number,
  ) {}

  /** `queues`: one for each CPU, so that each joins what it has received. */
  static async open(client: NetlinkClient, links: Links, queues: number): Promise<Joiner> {
    await removeStale(client, links);
    await client.execute(encodeNewVeth(JOIN_NAME, { name: JOINED_NAME }, undefined, queues));
    for (const name of [JOIN_NAME, JOINED_NAME]) {
      await client.execute(encodeSetLink(name, { mtu: MTU_BYTES, addressGeneration: AddressGeneration.none }));
      await client.execute(encodeSetLink(name, { up: true }));
    }
    await links.load();
    const ifindex = links.get(JOIN_NAME)?.ifindex;
    if (ifindex === undefined) throw new VtepError("joiner_missing", `the kernel made no interface ${JOIN_NAME}`);
    return new Joiner(client, ifindex);
  }

  /** With it goes its peer. */
  async close(): Promise<void> {
    await this.client.execute(encodeDeleteLink(this.ifindex)).catch(() => {
      // Somebody removed it before us, which is what we wanted.
    });
  }
}

/** Its queues may be those of another machine's day. Whoever has one of the names stands in the way of both. */
async function removeStale(client: NetlinkClient, links: Links): Promise<void> {
  const stale = links.get(JOIN_NAME) ?? links.get(JOINED_NAME);
  if (stale === null || stale.kind !== "veth") return;
  await client.execute(encodeDeleteLink(stale.ifindex)).catch(() => {
    // Gone meanwhile.
  });
}
