// What bench_watch.bpf.c sees, in nanoseconds of the monotonic clock: notifications of one network namespace when the
// kernel sends them, and frames that reach an interface. TWIN: bpf/bench_watch.bpf.c.
import { interfaceIndex, NetlinkSocket } from "../../dist/native/index.js";
import { MAC_PREFIX } from "../bgp/routes.mjs";
import { attachAt, loadProgram } from "../datapath/object.mjs";

const MAX_PROBES = 256;
/** Of which so many carry traffic at most. */
const PROBES = 64;
const VTEPS = 2;
const MESSAGES = ["bridgeAdded", "bridgeGone", "deviceAdded", "deviceGone", "routeAdded", "routeGone"];
/** struct span in 64-bit words. */
const SPAN = { count: 0, first: 1, last: 2, words: 3 };
/** RTNLGRP_NEIGH, RTNLGRP_IPV4_ROUTE. */
const GROUPS = [3, 7];

const constants = ({ stride, probes }) => new Uint8Array(Uint32Array.of(MAC_PREFIX, stride, probes, 0).buffer);

function spanAt(words, index) {
  const at = (member) => Number(words[index * SPAN.words + member]);
  return { count: at(SPAN.count), firstNs: at(SPAN.first), lastNs: at(SPAN.last) };
}

/** Of `count` MACs, those that are looked at one by one: all of them, or some, evenly spread. */
export function probesOf(count) {
  const stride = Math.ceil(count / PROBES);
  const probes = Math.ceil(count / stride);
  return { stride, probes, numbers: Array.from({ length: probes }, (_, probe) => probe * stride) };
}

const NO_PROBES = { stride: 1, probes: 0 };

/** Notifications of a namespace: /run/netns/NAME, or any other path of one. */
export class NetlinkWatch {
  constructor(netns, probing = NO_PROBES) {
    this.probes = probing.probes;
    this.object = loadProgram("watch", constants(probing), ["bench_netlink"]);
    this.spans = new BigUint64Array(this.object.map("watch_messages").mmap());
    this.told = new BigUint64Array(this.object.map("watch_told").mmap());
    this.socket = new NetlinkSocket({ netns });
    // Before it is in any group: nothing may pass that is not seen.
    this.socket.attachFilter(this.object.program("bench_netlink"));
    for (const group of GROUPS) this.socket.joinGroup(group);
  }

  /** By kind of message: `{ count, firstNs, lastNs }` since the last reset. */
  messages() {
    return Object.fromEntries(MESSAGES.map((name, index) => [name, spanAt(this.spans, index)]));
  }

  /** When the kernel first spoke of each probe's MAC; 0 = not yet. */
  toldNs() {
    return Array.from(this.told.subarray(0, this.probes), Number);
  }

  reset() {
    this.spans.fill(0n);
    this.told.fill(0n);
  }

  close() {
    this.socket.close();
    this.object.close();
  }
}

/** The end of a data path: it takes every frame to a probe's MAC. */
export class ArrivalWatch {
  constructor({ netns, interfaceName }, probing) {
    this.probes = probing.probes;
    this.object = loadProgram("watch", constants(probing), ["bench_arrival"]);
    this.spans = new BigUint64Array(this.object.map("watch_arrivals").mmap());
    const program = this.object.program("bench_arrival");
    this.link = attachAt(program, "tc", interfaceIndex(interfaceName, netns), netns);
  }

  /** By probe; of the VTEP whose address ends in an even byte (0), or an odd one (1). */
  of(vtep) {
    return Array.from({ length: this.probes }, (_, probe) => spanAt(this.spans, (vtep % VTEPS) * MAX_PROBES + probe));
  }

  reset() {
    this.spans.fill(0n);
  }

  close() {
    this.link.close();
    this.object.close();
  }
}
