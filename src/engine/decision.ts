// What the engine decided about one frame: a record of integers, allocated once and reused for every
// frame. Deciding fills it; execute.ts carries it out on the bytes; effects.ts applies what it teaches
// the tables; account.ts counts it.

import { Limit } from "../abi/generated.js";

export const Verdict = {
  /** Not VXLAN for us: the kernel keeps it. */
  PASS: 0,
  DROP: 1,
  FORWARD: 2,
  REPLICATE: 3,
  /** Meant for the gateway itself, and taken. */
  CONSUME: 4,
  /** Waits until the neighbour it is for has answered. */
  HOLD: 5,
} as const;

export const Egress = { PORT: 1, VTEP: 2 } as const;

/** What the frame teaches the tables; bits of Decision.effects. */
export const Effect = {
  LEARN_LOCAL: 1,
  LEARN_REMOTE: 2,
  REFRESH: 4,
  /** The port refused a source because its limit is reached. */
  LIMIT_HIT: 8,
  STORM_TOKEN: 16,
  /** A sender that nobody named spoke in a domain that learns from tunnels. */
  DISCOVER_VTEP: 32,
  /** A host said which MAC an address has: bindingWord0..3 and the source MAC. */
  LEARN_BINDING: 64,
} as const;

/** What the gateway has to say to the sender of the frame; replies are built by reply.ts. */
export const Reply = {
  NONE: 0,
  ARP: 1,
  NEIGHBOR_ADVERTISEMENT: 2,
  ECHO: 3,
  TIME_EXCEEDED: 4,
  NET_UNREACHABLE: 5,
  HOST_UNREACHABLE: 6,
  PORT_UNREACHABLE: 7,
  TOO_BIG: 8,
} as const;

/** A frame in a buffer. The engine reads `length` bytes at `offset` and never beyond them. */
export interface Frame {
  bytes: Uint8Array;
  /** The same buffer. PERF: one bounds check and one load for a 16 or 32-bit field: half the time of bytes. */
  view: DataView;
  offset: number;
  length: number;
  /** Ingress interface slot. */
  slot: number;
}

export class Decision {
  verdict: number = Verdict.PASS;
  /** enum vtep_drop, when the verdict is DROP. */
  reason = 0;
  slot = 0;
  /** Ingress access port, or 0 from the underlay. */
  port = 0;
  /** Sending VTEP, or 0 where it came from an access port or is not known. */
  vtep = 0;
  bd = 0;
  /** The inner, untagged Ethernet frame. When a tag was taken out, its first 12 bytes are yet to be moved. */
  innerOffset = 0;
  innerLength = 0;
  /** Of the inner frame, the tag that it came with left out. */
  etherType = 0;
  destinationHi = 0;
  destinationLo = 0;
  sourceHi = 0;
  sourceLo = 0;
  /** Outer source address of a VXLAN packet, IPv4 mapped, as four big-endian words. */
  sender0 = 0;
  sender1 = 0;
  sender2 = 0;
  sender3 = 0;
  flowHash = 0;
  /** VRF of a packet that came by an L3 VNI, else 0. */
  vrf = 0;
  /** VNI that egress to a VTEP takes. */
  vni = 0;
  /** Set once routing has rewritten the addresses: TTL or hop limit goes down by one on execution. */
  routed = false;
  /** Whether the frame came through a tunnel and was not routed since: it does not go back into one. */
  fromTunnel = false;
  /** Access port that flooding leaves out: the ingress port until the frame is routed. */
  floodFrom = 0;
  /** The gateway's own packet: its TTL is not counted down. */
  originated = false;
  /** Domain and source MAC as the frame came in; routing changes `bd` and `source`. */
  ingressBd = 0;
  askerHi = 0;
  askerLo = 0;
  reply: number = Reply.NONE;
  /** For TOO_BIG: largest IP packet that would have passed. */
  replyMtu = 0;
  /** For ARP and NA: the MAC to tell, and NeighborFlag of its owner. */
  replyHi = 0;
  replyLo = 0;
  replyFlags = 0;
  /** LEARN_BINDING: whose MAC the source is. HOLD: whose MAC is missing. */
  bindingWord0 = 0;
  bindingWord1 = 0;
  bindingWord2 = 0;
  bindingWord3 = 0;
  /** NeighborFlag, as the host describes itself. */
  bindingFlags = 0;
  /** Traffic class that decapsulation gives the inner IP header, or -1 to leave it (RFC 6040). */
  innerTrafficClass = -1;
  effects = 0;
  stormClass = 0;
  egressCount = 0;
  /** Copies of a flooded frame that did not fit an egress, or had no route to their VTEP. */
  tooBigCopies = 0;
  unreachableCopies = 0;
  /** Copies for Ethernet segments that the sender is attached to, or that another VTEP serves. */
  reflectedCopies = 0;
  undesignatedCopies = 0;
  readonly egressKind = new Uint8Array(Limit.MAX_PORTS + Limit.MAX_VTEPS);
  readonly egressTarget = new Uint16Array(Limit.MAX_PORTS + Limit.MAX_VTEPS);

  reset(frame: Frame): void {
    this.verdict = Verdict.PASS;
    this.reason = 0;
    this.slot = frame.slot;
    this.port = 0;
    this.vtep = 0;
    this.bd = 0;
    this.vrf = 0;
    this.vni = 0;
    this.routed = false;
    this.fromTunnel = false;
    this.floodFrom = 0;
    this.originated = false;
    this.ingressBd = 0;
    this.reply = Reply.NONE;
    this.innerOffset = frame.offset;
    this.innerLength = frame.length;
    this.innerTrafficClass = -1;
    this.effects = 0;
    this.egressCount = 0;
    this.forgetCopies();
  }

  forgetCopies(): void {
    this.tooBigCopies = 0;
    this.unreachableCopies = 0;
    this.reflectedCopies = 0;
    this.undesignatedCopies = 0;
  }

  drop(reason: number): void {
    this.verdict = Verdict.DROP;
    this.reason = reason;
    this.egressCount = 0;
  }

  consume(reply: number = Reply.NONE): void {
    this.verdict = Verdict.CONSUME;
    this.reply = reply;
  }

  /** Drops, and lets the sender know. */
  dropAndTell(reason: number, reply: number): void {
    this.drop(reason);
    this.reply = reply;
  }

  addEgress(kind: number, target: number): void {
    this.egressKind[this.egressCount] = kind;
    this.egressTarget[this.egressCount] = target;
    this.egressCount += 1;
  }

  forwardTo(kind: number, target: number): void {
    this.verdict = Verdict.FORWARD;
    this.addEgress(kind, target);
  }
}
