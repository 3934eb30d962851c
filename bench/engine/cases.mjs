// What the engine is measured at: one kind of frame each, with the interface it comes from and the copies it must give.
import { hostFrame, vxlanPacket } from "../frames.mjs";
import { localHost, neighbourHost, remoteHost, slots, underlay, VTEPS, vtepAddress, vtepOf } from "./vtep.mjs";

const BROADCAST = new Uint8Array(6).fill(0xff);

function encapsulated(flow) {
  const inner = hostFrame({ from: remoteHost(flow), to: localHost(flow), flow });
  const { mac: to, routerMac: from, localAddress: destination, vni } = underlay;
  return vxlanPacket(inner, {
    from,
    to,
    source: vtepAddress(vtepOf(flow)),
    destination,
    vni,
    sourcePort: 49152 + flow,
  });
}

export const cases = {
  encap: {
    title: "known unicast, local to VTEP",
    slot: slots.ACCESS,
    copies: 1,
    frame: (flow) => hostFrame({ from: localHost(flow), to: remoteHost(flow), flow }),
  },
  decap: {
    title: "known unicast, VTEP to local",
    slot: slots.UPLINK,
    copies: 1,
    frame: encapsulated,
  },
  local: {
    title: "known unicast, local to local",
    slot: slots.ACCESS,
    copies: 1,
    frame: (flow) => hostFrame({ from: localHost(flow), to: neighbourHost(flow), flow }),
  },
  flood: {
    title: `broadcast to one port and ${VTEPS} VTEPs`,
    slot: slots.ACCESS,
    copies: 1 + VTEPS,
    frame: (flow) => hostFrame({ from: localHost(flow), to: BROADCAST, flow }),
  },
};
