// Outer IP packets that the kernel is to route: their next hop is not resolved yet, so it resolves the neighbour and
// queues them meanwhile (RFC 4861 §7.2.2). Goes through raw-socket with our own IP header included; that header leaves
// unchanged but for the IPv4 checksum, and an ID of zero that the kernel may fill where DF is clear. The slow path:
// bounded, and it refuses to be more. Also the place for ICMP errors to an underlay sender (RFC 7348 §4.3).

import { createRequire } from "node:module";
import type * as rawSocket from "raw-socket";
import { Drop, Family } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";

/** IPPROTO_RAW: a socket that only sends, and in both families sends the caller's IP header (raw(7), Linux inet6_create). */
const PROTOCOL_RAW = 255;
/** raw-socket sends one packet per turn of the event loop; more than this waiting is a storm, not a start. */
const MAX_WAITING = 256;
/** strerror(EMSGSIZE): raw-socket hands out the text only. */
const TOO_LONG = "Message too long";
const NO_SLOT = 0;

export type RawSocket = Pick<rawSocket.Socket, "send" | "close" | "on">;

export class KernelRoute {
  private socket: RawSocket | undefined;
  private socketFamily = 0;
  private waiting = 0;
  /** Why no socket can be had; undefined while there was no need or no trouble. */
  failure: string | undefined;
  private readonly destinations = new WeakMap<Uint8Array, string>();

  constructor(
    private readonly tables: Tables,
    private readonly open: (family: number) => RawSocket = openRawSocket,
  ) {}

  /** Copies the IP packet and leaves it to the kernel. What the kernel refuses is counted, as `underlay_unresolved`. */
  send(vtep: number, bytes: Uint8Array, offset: number, length: number): void {
    const address = this.tables.vteps.address[vtep];
    const socket = this.ready();
    if (address === undefined || socket === undefined || this.waiting >= MAX_WAITING) {
      this.refused();
      return;
    }
    this.waiting += 1;
    const packet = Buffer.from(bytes.subarray(offset, offset + length));
    socket.send(packet, 0, length, this.destination(address), (error) => {
      this.waiting -= 1;
      if (error !== null) this.refused(error.message);
    });
  }

  close(): void {
    this.socket?.close();
    this.socket = undefined;
    this.waiting = 0;
  }

  private ready(): RawSocket | undefined {
    const { family } = this.tables.settings;
    if (this.socket !== undefined && this.socketFamily === family) return this.socket;
    if (this.failure !== undefined) return undefined;
    this.close();
    try {
      this.socket = this.open(family);
      this.socketFamily = family;
      // raw-socket closes itself after an error; the next packet opens another.
      this.socket.on("error", () => this.close());
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
    }
    return this.socket;
  }

  private refused(reason?: string): void {
    this.tables.counters.drop(reason === TOO_LONG ? Drop.MTU_EXCEEDED : Drop.UNDERLAY_UNRESOLVED, NO_SLOT, 0);
  }

  /** A VTEP that changes its address gets a new array, so the array is the key. */
  private destination(address: Uint8Array): string {
    const known = this.destinations.get(address);
    if (known !== undefined) return known;
    const text = addressText(address, this.tables.settings.family);
    this.destinations.set(address, text);
    return text;
  }
}

function addressText(address: Uint8Array, family: number): string {
  if (family === Family.IPV4) return address.subarray(12).join(".");
  const groups = Array.from({ length: 8 }, (_, index) => (address[index * 2]! << 8) | address[index * 2 + 1]!);
  return groups.map((group) => group.toString(16)).join(":");
}

/** Loaded when first needed: most VTEPs never send an unresolved packet, and the package wants CAP_NET_RAW. */
function openRawSocket(family: number): RawSocket {
  const raw = createRequire(import.meta.url)("raw-socket") as typeof rawSocket;
  const addressFamily = family === Family.IPV6 ? raw.AddressFamily.IPv6 : raw.AddressFamily.IPv4;
  // Nothing is received, and a reading socket would keep the process alive.
  return raw.createSocket({ protocol: PROTOCOL_RAW, addressFamily }).pauseRecv();
}
