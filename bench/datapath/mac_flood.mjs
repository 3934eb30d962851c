// One port sends frames from ever new source MACs, as fast as a core makes them; another port's traffic is measured.
import { withLab } from "../../dist/lab/runner.js";
import { announceHosts } from "./announce.mjs";
import { verifyArrival } from "./arrived.mjs";
import { hooksOf, pinDaemons } from "./daemons.mjs";
import { Generator } from "./generator.mjs";
import { paths } from "./paths.mjs";
import { measure } from "./sample.mjs";
import { firstConfig, macs, NAPI, oneVtep, withQueues } from "./topology.mjs";
import { arrivalOf, plain } from "./traffic.mjs";

export const FLOODED = "v1";
export const FLOODER = { mac: "02:20:00:00:00:00", node: "flooder", interface: "f0" };
const QUEUES = 2;
export const FLOOD_MACS = 1_000_000;
/** The last four bytes of the source MAC. */
const SOURCE_AT = 8;
/** Another length than the measured traffic's: the sink does not take one for the other. */
export const FLOOD_BYTES = 66;

/** A VTEP with one more port. */
export function floodLab(choice, security) {
  const configOf = (words) => {
    const config = firstConfig(words);
    const [port] = config.ports;
    const flooded = { ...port, interface: FLOODED, ...(security === undefined ? {} : { security }) };
    return { ...config, ports: [port, flooded] };
  };
  const lab = oneVtep(choice, configOf);
  const { vtep, host } = lab.nodes;
  const flooder = { ...host, interfaces: { [FLOODER.interface]: { mac: FLOODER.mac, offloads: NAPI } } };
  vtep.interfaces = { ...vtep.interfaces, [FLOODED]: { offloads: NAPI } };
  const link = [`${FLOODER.node}:${FLOODER.interface}`, `vtep:${FLOODED}`];
  return withQueues({ ...lab, nodes: { ...lab.nodes, flooder }, links: [...lab.links, link] }, QUEUES);
}

/** Frames to the far host from so many sources. */
export function floodOf(draw) {
  const packet = plain({ from: FLOODER.mac, to: macs.farHost, bytes: FLOOD_BYTES });
  return { ...packet, draw: { ...draw, numberAt: SOURCE_AT } };
}

/** On a CPU of its own, where the daemon is too: what the flood causes there is not what is measured. */
function startFlood({ instance }, cpu) {
  const namespace = instance.namespaceOf(FLOODER.node);
  const traffic = floodOf({ numbers: FLOOD_MACS });
  const generator = new Generator({ namespace, interfaceName: FLOODER.interface, traffic, cpu });
  generator.start();
  return generator;
}

/** One sample of the other port. `isFlooded`: whether there is a flood at all; `security`: of the port that it comes by. */
export function sampleMacFlood({ subject, security, isFlooded, cpu, loadCpu, seconds }) {
  return withLab(floodLab(subject, security), subject.variant, async (context) => {
    await subject.prepare?.(context);
    await pinDaemons(context, loadCpu);
    await announceHosts(context);
    const { traffic, arrives } = paths.encap;
    const place = ([node, interfaceName]) => ({ namespace: context.instance.namespaceOf(node), interfaceName });
    const ends = { source: place(paths.encap.from), target: place(paths.encap.to) };
    const options = { ...ends, traffic, cpu, sinkKind: subject.sink, pids: [], seconds };
    await verifyArrival({ ...options, expected: arrives, copies: 1 });
    const flood = isFlooded ? startFlood(context, loadCpu) : undefined;
    try {
      const sample = await measure({ ...options, arrival: arrivalOf(arrives) }, async () => []);
      return { ...sample, floodFrames: flood?.generated ?? 0, hooks: await hooksOf(context) };
    } finally {
      await flood?.stop();
      flood?.close();
    }
  });
}
