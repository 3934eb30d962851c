// An idle kernel vxlan device on our UDP port, without bridge or FDB. It does what a port of our own
// cannot: VXLAN GRO works only while a kernel VXLAN socket is open on the port (without it TCP received by the tc
// hook runs at 0.6 of the kernel's speed: bench/README.md), and what no hook took is swallowed rather than
// answered with ICMP port unreachable. The eBPF data path also sends through it what only the kernel's own
// segmentation can encapsulate (bpf/lib/kernel_tunnel.h).
//
// It outlives a crash, as every network device does; the next start takes it over. SIGTERM removes it.

import type { VtepSettings } from "../tables/tables.js";
import { VtepError } from "../wire/error.js";
import { encodeDeleteLink, encodeNewVxlan, type NetlinkClient, refusedWith } from "./netlink/index.js";
import type { Links } from "./underlay/index.js";

export const DECOY_NAME = "vtepd-gro";

export class Decoy {
  private constructor(
    private readonly client: NetlinkClient,
    private readonly ifindex: number,
  ) {}

  /** One device serves both address families. Throws `udp_port_taken` where another kernel vxlan device holds the port. */
  static async open(client: NetlinkClient, links: Links, settings: VtepSettings): Promise<Decoy> {
    const { udpPort, sourcePortMin, sourcePortCount } = settings;
    const sourcePorts = [sourcePortMin, sourcePortMin + sourcePortCount - 1] as const;
    await removeStale(client, links);
    try {
      await client.execute(encodeNewVxlan(DECOY_NAME, { external: true, udpPort, learning: false, sourcePorts }, true));
    } catch (error) {
      throw explain(error, udpPort);
    }
    await links.load();
    const ifindex = links.get(DECOY_NAME)?.ifindex;
    if (ifindex === undefined) throw new VtepError("decoy_missing", `the kernel made no interface ${DECOY_NAME}`);
    return new Decoy(client, ifindex);
  }

  async close(): Promise<void> {
    await this.client.execute(encodeDeleteLink(this.ifindex)).catch(() => {
      // Somebody removed it before us, which is what we wanted.
    });
  }
}

/** One that a crash left may be on another port. */
async function removeStale(client: NetlinkClient, links: Links): Promise<void> {
  const stale = links.get(DECOY_NAME);
  if (stale === null || stale.kind !== "vxlan") return;
  await client.execute(encodeDeleteLink(stale.ifindex)).catch(() => {
    // Gone meanwhile.
  });
}

function explain(error: unknown, udpPort: number): unknown {
  const errno = refusedWith(error);
  if (errno !== "EEXIST" && errno !== "EADDRINUSE") return error;
  const remedy = "remove it (ip -d link show type vxlan) or give vtep.udpPort another number";
  const message = `another vxlan device or socket in this namespace holds UDP port ${udpPort}: ${remedy}`;
  return new VtepError("udp_port_taken", message, { udpPort }, error);
}
