// Memory areas that AF_XDP sockets share, so that a frame can leave by another socket than it came from. Each socket
// keeps frames waiting for reception; what is left of the area is on its way out. A full area is followed by another:
// frames between two areas are copied.

import type { Netns } from "../../native/bpf.js";
import { XskSocket } from "../../native/index.js";

const FRAME_BYTES = 2048;
const FRAMES = 16_384;
const RING_ENTRIES = 2048;
/** A quarter of the area stays free for what is being sent. */
const SOCKETS_PER_AREA = (FRAMES / RING_ENTRIES) * 0.75;
/** What the kernel keeps free before each received frame (XDP_PACKET_HEADROOM): more than the engine needs. */
const KERNEL_HEADROOM = 256;

/** Longest frame that AF_XDP can hand us. */
export const XSK_FRAME_BYTES = FRAME_BYTES - KERNEL_HEADROOM;

export class XskMemory {
  private areas: Set<XskSocket>[] = [];

  open(ifindex: number, queue: number, netns: Netns): XskSocket {
    const area = this.areas.find((sockets) => sockets.size < SOCKETS_PER_AREA);
    if (area === undefined) return this.openArea(ifindex, queue, netns);
    const [neighbour] = area;
    const socket = new XskSocket({
      ifindex,
      queue,
      netns,
      ringSize: RING_ENTRIES,
      mode: "copy",
      shareWith: neighbour!,
    });
    area.add(socket);
    return socket;
  }

  close(socket: XskSocket): void {
    socket.close();
    for (const area of this.areas) area.delete(socket);
    this.areas = this.areas.filter((area) => area.size > 0);
  }

  private openArea(ifindex: number, queue: number, netns: Netns): XskSocket {
    const size = { frameCount: FRAMES, frameSize: FRAME_BYTES, headroom: 0, ringSize: RING_ENTRIES };
    const socket = new XskSocket({ ifindex, queue, netns, mode: "copy", ...size });
    this.areas.push(new Set([socket]));
    return socket;
  }
}
