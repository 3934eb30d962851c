// Makes hosts known to the VTEPs in front of them, as any host does by its first frame.
import { setTimeout as pause } from "node:timers/promises";
import { showRows } from "../../dist/lab/daemon.js";
import { DESC_IFINDEX, DESC_LENGTH, DESC_STRIDE, interfaceIndex, PacketSocket } from "../../dist/native/index.js";
import { hostFrame, macFromText } from "../frames.mjs";
import { macs } from "./topology.mjs";

const HOSTS = { host: ["a0", macs.host, "vtep"], host2: ["b0", macs.farHost, "vtep2"] };
const POLL_MS = 20;
const LEARNED_MS = 5000;
const BROADCAST = new Uint8Array(6).fill(0xff);

export function sendBroadcast(namespace, interfaceName, mac) {
  const netns = `/run/netns/${namespace}`;
  const frame = hostFrame({ from: macFromText(mac), to: BROADCAST, flow: 0 });
  const descriptor = new Int32Array(DESC_STRIDE);
  descriptor[DESC_LENGTH] = frame.length;
  descriptor[DESC_IFINDEX] = interfaceIndex(interfaceName, netns);
  const socket = new PacketSocket({ ifindex: 0, netns });
  socket.send(descriptor, 1, frame);
  socket.close();
}

export async function untilLearned(socket, mac) {
  for (let waited = 0; waited < LEARNED_MS; waited += POLL_MS) {
    if ((await showRows(socket, "fdb")).some((row) => row.mac === mac && row.where === "local")) return;
    await pause(POLL_MS);
  }
  throw new Error(`${mac} is not learned within ${LEARNED_MS / 1000} s of its first frame`);
}

/** The kernel's VTEP has its hosts in static entries, and there is nothing to wait for. */
export async function announceHosts({ lab, instance, daemons }) {
  for (const [node, [interfaceName, mac, vtep]] of Object.entries(HOSTS)) {
    if (!(node in lab.nodes)) continue;
    sendBroadcast(instance.namespaceOf(node), interfaceName, mac);
    const daemon = daemons.get(vtep);
    if (daemon !== undefined) await untilLearned(daemon.socket, mac);
  }
}
