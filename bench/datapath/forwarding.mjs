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

/** Puts a subject into a lab, in namespaces of its own; `through`: the interfaces of node `vtep` that an empty program joins. */
function withSubject({ lab, through: [from, to] = [], copies, subject: name, cpu, queues }, work) {
  const subject = subjects[name];
  const made = lab(subject);
  return withLab(queues === undefined ? made : withQueues(made, queues), subject.variant, async (context) => {
    const peer = await subject.prepare?.(context, cpu);
    const { namespace } = placeIn(context, ["vtep", from]);
    const redirect = subject.redirect && attachRedirect({ namespace, from, to, kind: subject.redirect, copies });
    try {
      const pids = [...(await pinDaemons(context, cpu)), ...(peer?.pids ?? [])];
      if (subject.process) await letGoFirst(pids);
      await announceHosts(context);
      return await work(context, { sinkKind: subject.sink, cpu, pids, process: subject.process });
    } finally {
      redirect?.close();
      await peer?.close();
    }
  });
}

const endsIn = (context, { from, to }) => ({ source: placeIn(context, from), target: placeIn(context, to) });

/** The same with a path; `work` gets its ends, and what has to arrive. */
function withPath({ path: pathName, ...what }, work) {
  const path = paths[pathName];
  const { copies = 1, batchFrames, traffic } = path;
  // What has no tunnel lets through what was sent.
  const expected = subjects[what.subject].tunnel === false ? traffic : path.arrives;
  return withSubject({ ...what, lab: path.lab, through: path.through, copies }, (context, options) =>
    work(context, { ...endsIn(context, path), ...options, traffic, expected, copies, batchFrames }),
  );
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

/** A sample of each run of a scale, one after the other in the same lab; `seconds` of each. */
export function sampleScale({ scale, subject, cpu, seconds }) {
  const { variant } = subjects[subject];
  return withSubject({ lab: scale.lab(variant), subject, cpu }, async (context, options) => {
    await scale.fill(context, variant);
    const runs = {};
    for (const [name, { traffic, arrives, ...way }] of Object.entries(scale.runs(variant))) {
      const what = { ...endsIn(context, way), ...options, traffic };
      await verifyArrival({ ...what, expected: arrives, copies: 1 });
      const arrival = arrivalOf(arrives, options.sinkKind);
      runs[name] = await measure({ ...what, arrival, seconds }, () => attachedIn(context));
    }
    return { runs, hooks: await hooksOf(context), attached: Object.values(runs)[0].attached };
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
