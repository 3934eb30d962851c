// Flooding: a broadcast that goes to each of many VTEPs. All of them stand behind one next hop, and none has to exist.
import { addresses, FIRST, firstConfig, macs, oneVtep, VNI } from "./topology.mjs";
import { plain, toVtep } from "./traffic.mjs";

const BROADCAST = "ff:ff:ff:ff:ff:ff";
const REMOTES = "10.1.0.0/16";
/** What a device without NAPI holds for a CPU is more than the ring of one with it: 1000 frames, not 256. */
const FAR_OFFLOADS = { gro: false };
/** Of the outer header: where it goes to. */
const DESTINATION = [30, 4];
export const FLOOD_COPIES = [1, 8, 64, 512];

const remoteOf = (number) => `10.1.${number >> 8}.${number & 0xff}`;

function floodConfig(copies) {
  return (choice) => {
    const config = firstConfig(choice);
    const [{ bridgeDomains }] = config.control.static.vteps;
    const vteps = Array.from({ length: copies }, (_, number) => ({ address: remoteOf(number + 1), bridgeDomains }));
    return { ...config, control: { ...config.control, static: { vteps } } };
  };
}

function floodLab(copies) {
  return (choice) => {
    const lab = oneVtep(choice, floodConfig(copies));
    const { vtep, far } = lab.nodes;
    vtep.routes = [`${REMOTES} via ${addresses.far} dev ${FIRST.uplink}`];
    far.interfaces.s0 = { ...far.interfaces.s0, offloads: FAR_OFFLOADS };
    return lab;
  };
}

const packet = { from: macs.host, to: BROADCAST };

/** One frame in, as many out as there are VTEPs; one at a time, so that all copies of it find room. */
const floodPath = (copies) => ({
  ...{ from: ["host", "a0"], to: ["far", "s0"], through: ["v0", "u0"], lab: floodLab(copies) },
  ...{ traffic: plain(packet), arrives: { ...toVtep(VNI, packet), outerChoices: [DESTINATION] } },
  ...{ copies, batchFrames: 1 },
});

export const floodPaths = Object.fromEntries(FLOOD_COPIES.map((copies) => [`flood-${copies}`, floodPath(copies)]));
