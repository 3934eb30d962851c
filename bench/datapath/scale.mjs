// What grows: MACs in the forwarding table, VTEPs, VNIs. A scale is a lab, how it is filled, and several runs in it.
//
// Frames are told apart by a number that is drawn for each, the end of a MAC address, and by the equal share of the
// numbers that it is in: its VTEP, or its VNI. The same bytes have to arrive.

import { OUTER_BYTES } from "../frames.mjs";
import { appendToConfig, fillKernel, macOf, vxlanDevices } from "./scale_fill.mjs";
import { addresses, FIRST, firstConfig, macs, oneVtep, VNI, vtepOf } from "./topology.mjs";
import { fromVtep, plain, toVtep } from "./traffic.mjs";

/** So many MACs are asked for again and again where others are only there. */
export const HOT = 256;
/** Where it is not the MACs that grow. */
const MACS = 1000;
const REMOTES = "10.1.0.0/16";
const FIRST_REMOTE = 1;
const FIRST_VLAN = 1;
const FIRST_VNI = 0x10001;
const TAG_BYTES = 4;
const TAG_AT = 12;
/** From the start of a frame: the last four bytes of its addresses, and of its outer header what the share is written to. */
const DESTINATION_AT = 2;
const SOURCE_AT = 8;
const OUTER_ID_AT = 18;
const OUTER_SOURCE_AT = 28;
const OUTER_DESTINATION_AT = 32;
const VNI_AT = 47;
const VLAN_AT = 14;

const HOST = ["host", "a0"];
const FAR = ["far", "s0"];
const OUT = { from: HOST, to: FAR };
const IN = { from: FAR, to: HOST };
const request = { from: macs.host, to: macOf(0) };
const reply = { from: macOf(0), to: macs.host };

const remoteOf = (share) => `10.1.${(FIRST_REMOTE + share) >> 8}.${(FIRST_REMOTE + share) & 0xff}`;
const domainOf = (share) => `d${share}`;

/** A frame with an 802.1Q tag: everything behind its addresses moves. */
function tagged(traffic, vlan) {
  const { frame } = traffic;
  const bytes = new Uint8Array(frame.length + TAG_BYTES);
  bytes.set(frame.subarray(0, TAG_AT));
  bytes.set([0x81, 0x00, vlan >> 8, vlan & 0xff], TAG_AT);
  bytes.set(frame.subarray(TAG_AT), TAG_AT + TAG_BYTES);
  const [markAt, innerPortAt] = [traffic.markAt + TAG_BYTES, traffic.innerPortAt + TAG_BYTES];
  return { ...traffic, frame: bytes, markAt, innerPortAt, tagBytes: TAG_BYTES };
}

/** `drawn`: what is written into frames as they are sent; `borne`: what they have to bear when they arrive. */
const run = (way, traffic, drawn, arrives, borne, { numbers, groups = 1, hot }) => ({
  ...way,
  traffic: { ...traffic, draw: { numbers, groups, hot, ...drawn } },
  arrives: { ...arrives, share: { numbers, groups, ...borne } },
});

const encapRun = (what, { sent = {}, borne = {}, packet = plain(request), vni = VNI, remote } = {}) => {
  const drawn = { numberAt: DESTINATION_AT, ...sent };
  const arriving = { numberAt: OUTER_BYTES + DESTINATION_AT, ...borne };
  return run(OUT, packet, drawn, toVtep(vni, request, remote), arriving, what);
};

const decapRun = (what, { sent = {}, borne = {}, packet = plain(reply), vni = VNI, remote } = {}) => {
  const drawn = { numberAt: OUTER_BYTES + SOURCE_AT, ...sent };
  return run(IN, fromVtep(vni, reply, remote), drawn, packet, { numberAt: SOURCE_AT, ...borne }, what);
};

/** Entries as the config file has them. */
const entriesOf = (count, placeOf) =>
  Array.from({ length: count }, (_, number) => ({ mac: macOf(number), ...placeOf(number) }));
const shareOf = (number, numbers, groups) => Math.floor((number * groups) / numbers);

/** `numbers` MACs behind one VTEP. */
export function macScale(numbers) {
  const entries = () => entriesOf(numbers, () => ({ bridgeDomain: "red", vtep: FIRST.remote, vni: VNI }));
  return {
    lab: () => (choice) => oneVtep(choice),
    fill: (context, variant) =>
      variant === "kernel" ? fillKernel(context, entries()) : appendToConfig(context, entries()),
    runs: () => ({
      "encap-hot": encapRun({ numbers, hot: HOT }),
      "encap-random": encapRun({ numbers }),
      "decap-hot": decapRun({ numbers, hot: HOT }),
      "decap-random": decapRun({ numbers }),
    }),
  };
}

/** All of them behind one next hop: what is measured is not the neighbour table. */
function manyRemotes(choice) {
  const lab = oneVtep(choice);
  lab.nodes.vtep.routes = [`${REMOTES} via ${addresses.far} dev ${FIRST.uplink}`];
  return lab;
}

/** 1000 MACs behind `groups` VTEPs. */
export function vtepScale(groups) {
  const numbers = MACS;
  const vtepOf = (number) => remoteOf(shareOf(number, numbers, groups));
  const entries = () => entriesOf(numbers, (number) => ({ bridgeDomain: "red", vtep: vtepOf(number), vni: VNI }));
  const what = { numbers, groups };
  const inbound = { groupAt: OUTER_SOURCE_AT, firstGroup: FIRST_REMOTE, balanceAt: OUTER_ID_AT };
  return {
    lab: () => manyRemotes,
    fill: (context, variant) =>
      variant === "kernel" ? fillKernel(context, entries()) : appendToConfig(context, entries()),
    runs: () => ({
      encap: encapRun(what, {
        remote: remoteOf(0),
        borne: { groupAt: OUTER_DESTINATION_AT, firstGroup: FIRST_REMOTE },
      }),
      decap: decapRun(what, { remote: remoteOf(0), sent: inbound }),
    }),
  };
}

/** One trunk port in `groups` domains, by VLAN; the host's MAC is static in each, as it would have to speak in all. */
function trunkConfig(groups) {
  const shares = Array.from({ length: groups }, (_, share) => share);
  return (choice) => ({
    vtep: vtepOf(FIRST, choice),
    bridgeDomains: shares.map((share) => ({ name: domainOf(share), vni: FIRST_VNI + share })),
    ports: shares.map((share) => ({
      ...{
        interface: FIRST.access,
        vlan: FIRST_VLAN + share,
        bridgeDomain: domainOf(share),
        hook: choice.hook ?? "auto",
      },
      security: { static: [macs.host] },
    })),
    control: {
      mode: "static",
      static: { vteps: [{ address: FIRST.remote, bridgeDomains: shares.map(domainOf) }], fdb: [] },
    },
  });
}

/** Without 802.1Q the kernel's devices share one bridge, which spares it the tag. */
function bridgeConfig(choice) {
  const config = firstConfig(choice);
  return { ...config, bridgeDomains: [{ ...config.bridgeDomains[0], vni: FIRST_VNI }] };
}

/** 1000 MACs in `groups` VNIs, behind one VTEP. */
export function vniScale(groups) {
  const numbers = MACS;
  const entries = () =>
    entriesOf(numbers, (number) => {
      const share = shareOf(number, numbers, groups);
      return { bridgeDomain: domainOf(share), vtep: FIRST.remote, vni: FIRST_VNI + share };
    });
  const what = { numbers, groups };
  const byVni = { groupAt: VNI_AT, firstGroup: FIRST_VNI & 0xffff };
  const byVlan = { groupAt: VLAN_AT, firstGroup: FIRST_VLAN };
  const asTagged = (packet) => ({ packet: tagged(plain(packet), FIRST_VLAN), vni: FIRST_VNI });
  const untagged = (packet) => ({ packet: plain(packet), vni: FIRST_VNI });
  return {
    lab: (variant) => (choice) => oneVtep(choice, variant === "kernel" ? bridgeConfig : trunkConfig(groups)),
    async fill(context, variant) {
      if (variant !== "kernel") return appendToConfig(context, entries());
      await vxlanDevices(context, { first: FIRST_VNI, count: groups });
      await fillKernel(context, entries());
    },
    runs: (variant) =>
      variant === "kernel"
        ? {
            encap: encapRun(what, { ...untagged(request), borne: byVni }),
            decap: decapRun(what, { ...untagged(reply), sent: byVni }),
          }
        : {
            encap: encapRun(what, {
              ...asTagged(request),
              sent: byVlan,
              borne: byVni,
            }),
            decap: decapRun(what, { ...asTagged(reply), sent: byVni, borne: byVlan }),
          },
  };
}
