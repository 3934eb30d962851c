// Packets per second through a path: which way, with what in it.
import { runText } from "../../dist/lab/process.js";
import { withLab } from "../../dist/lab/runner.js";
import { SMALL_FRAME_BYTES } from "../frames.mjs";
import { announceHosts } from "./announce.mjs";
import { hooksOf, letGoFirst, pinDaemons } from "./daemons.mjs";
import { measure } from "./sample.mjs";
import { attachRedirect, subjects } from "./subjects.mjs";
import { macs, noVtep, oneVtep, twoVteps } from "./topology.mjs";
import { fromHost, fromVtep, plainArrival, vxlanArrival } from "./traffic.mjs";

/** `through`: the interfaces of node `vtep`, in the direction of travel. */
export const paths = {
  encap: {
    lab: oneVtep,
    from: ["host", "a0"],
    to: ["far", "s0"],
    through: ["v0", "u0"],
    traffic: (bytes) => fromHost(macs.farHost, bytes),
    arrival: vxlanArrival,
  },
  decap: {
    lab: oneVtep,
    from: ["far", "s0"],
    to: ["host", "a0"],
    through: ["u0", "v0"],
    traffic: (bytes) => fromVtep(macs.host, bytes),
    arrival: plainArrival,
  },
  vteps: {
    lab: twoVteps,
    from: ["host", "a0"],
    to: ["host2", "b0"],
    traffic: (bytes) => fromHost(macs.farHost, bytes),
    arrival: plainArrival,
  },
};

const placeIn = ({ instance }, [node, interfaceName]) => ({ namespace: instance.namespaceOf(node), interfaceName });

/** What an empty redirect lets through is what was sent. */
function arrivalOf(path, subject, bytes) {
  if (subject.redirect === undefined) return path.arrival(bytes);
  const { frame } = path.traffic(bytes);
  const markAt = frame.length - bytes + plainArrival(bytes).markAt;
  return { frameBytes: frame.length, markAt };
}

/** Programs on the interfaces of all nodes, as the kernel lists them. */
async function attachedIn({ lab, instance }) {
  const lines = await Promise.all(
    Object.keys(lab.nodes).map(async (node) => {
      const text = await runText("bpftool", ["net", "list"], { namespace: instance.namespaceOf(node) });
      return text.split("\n").flatMap((line) => (/^\w+\(\d+\)/.test(line) ? [`${node} ${line.trim()}`] : []));
    }),
  );
  return lines.flat();
}

/** One sample of a subject on a path, in namespaces of its own. */
export function samplePath({ path: pathName, subject: subjectName, cpu, seconds, bytes = SMALL_FRAME_BYTES }) {
  const [path, subject] = [paths[pathName], subjects[subjectName]];
  return withLab(path.lab(subject), subject.variant, async (context) => {
    await subject.prepare?.(context);
    const pids = await pinDaemons(context, cpu);
    if (subject.process) await letGoFirst(pids);
    const [from, to] = path.through ?? [];
    const { namespace } = placeIn(context, ["vtep", from]);
    const redirect = subject.redirect && attachRedirect({ namespace, from, to, kind: subject.redirect });
    try {
      await announceHosts(context);
      const ends = { source: placeIn(context, path.from), target: placeIn(context, path.to) };
      const arrival = arrivalOf(path, subject, bytes);
      const options = { ...ends, traffic: path.traffic(bytes), arrival, sinkKind: subject.sink, cpu, pids, seconds };
      const sample = await measure(options, () => attachedIn(context));
      return { ...sample, hooks: await hooksOf(context) };
    } finally {
      redirect?.close();
    }
  });
}

/** Generator and sink with nothing in between. */
export function sampleNothing({ sinkKind, cpu, seconds, bytes = SMALL_FRAME_BYTES }) {
  return withLab(noVtep(), "kernel", (context) => {
    const ends = { source: placeIn(context, ["host", "a0"]), target: placeIn(context, ["far", "s0"]) };
    const traffic = fromHost(macs.far, bytes);
    const options = { ...ends, traffic, arrival: plainArrival(bytes), sinkKind, cpu, pids: [], seconds };
    return measure(options, () => attachedIn(context));
  });
}
