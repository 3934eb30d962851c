// Packets per second through a path: which way, with what in it.
import { runText } from "../../dist/lab/process.js";
import { withLab } from "../../dist/lab/runner.js";
import { announceHosts } from "./announce.mjs";
import { verifyArrival } from "./arrived.mjs";
import { hooksOf, letGoFirst, pinDaemons } from "./daemons.mjs";
import { paths } from "./paths.mjs";
import { measure } from "./sample.mjs";
import { attachRedirect, subjects } from "./subjects.mjs";
import { macs, noVtep, withQueues } from "./topology.mjs";
import { arrivalOf, plain } from "./traffic.mjs";

const placeIn = ({ instance }, [node, interfaceName]) => ({ namespace: instance.namespaceOf(node), interfaceName });

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

/** Puts a subject into a path, in namespaces of its own; `work` gets the ends, and what has to arrive. */
function withPath({ path: pathName, subject: subjectName, cpu, queues }, work) {
  const [path, subject] = [paths[pathName], subjects[subjectName]];
  const lab = path.lab(subject);
  return withLab(queues === undefined ? lab : withQueues(lab, queues), subject.variant, async (context) => {
    const peer = await subject.prepare?.(context, cpu);
    const [from, to] = path.through ?? [];
    const { namespace } = placeIn(context, ["vtep", from]);
    const redirect = subject.redirect && attachRedirect({ namespace, from, to, kind: subject.redirect });
    try {
      const pids = [...(await pinDaemons(context, cpu)), ...(peer?.pids ?? [])];
      if (subject.process) await letGoFirst(pids);
      await announceHosts(context);
      const ends = { source: placeIn(context, path.from), target: placeIn(context, path.to) };
      const { copies = 1, batchFrames } = path;
      // What has no tunnel lets through what was sent.
      const expected = subject.tunnel === false ? path.traffic : path.arrives;
      return await work(context, {
        ...{ ...ends, traffic: path.traffic, expected, copies, batchFrames },
        ...{ sinkKind: subject.sink, cpu, pids },
      });
    } finally {
      redirect?.close();
      await peer?.close();
    }
  });
}

/** One sample of a subject on a path. */
export function samplePath({ seconds, ...what }) {
  return withPath(what, async (context, { expected, ...options }) => {
    await verifyArrival({ ...options, expected });
    const sample = await measure({ ...options, arrival: arrivalOf(expected), seconds }, () => attachedIn(context));
    return { ...sample, hooks: await hooksOf(context) };
  });
}

/** The same path by one CPU and by several at once, one generator on each. */
export function sampleCores({ seconds, cpus, ...what }) {
  return withPath({ ...what, cpu: cpus[0], queues: cpus.length }, async (context, { expected, ...options }) => {
    await verifyArrival({ ...options, expected });
    const arrival = arrivalOf(expected);
    const by = (some) => measure({ ...options, arrival, seconds, cpus: some }, () => attachedIn(context));
    const [one, all] = [await by(cpus.slice(0, 1)), await by(cpus)];
    return { one, all, hooks: await hooksOf(context), attached: all.attached };
  });
}

/** Throws unless a subject sends on what it should, byte by byte. */
export const verifyPath = (what) => withPath(what, (_, options) => verifyArrival(options));

/** Generator and sink with nothing in between. */
export function sampleNothing({ sinkKind, cpu, seconds }) {
  return withLab(noVtep(), "kernel", (context) => {
    const ends = { source: placeIn(context, ["host", "a0"]), target: placeIn(context, ["far", "s0"]) };
    const traffic = plain({ from: macs.host, to: macs.far });
    const options = { ...ends, traffic, arrival: arrivalOf(traffic), sinkKind, cpu, pids: [], seconds };
    return measure(options, () => attachedIn(context));
  });
}
