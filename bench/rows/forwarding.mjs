// Rows of packets per second: one core, as fast as the path takes them, 64-byte frames, 256 flows.
import { sampleNothing, samplePath } from "../datapath/forwarding.mjs";
import { subjects } from "../datapath/subjects.mjs";
import { fixed, spread, table } from "../report/table.mjs";
import { compare, hasWholeCpu, noteOf, ratios, summaryOf } from "./compare.mjs";

const BASE = "kernel";
const describe = (sample) =>
  `${fixed(sample.mpps, 2)} Mpps, ${fixed(sample.cpuNsPerPacket, 0)} CPU ns a packet, loss ${fixed(sample.lossPercent, 2)} %`;

function entryOf(name, title, { samples, failure }, base) {
  if (samples.length === 0) return { name, title, failure };
  return {
    name,
    title,
    failure,
    mpps: summaryOf(samples, (sample) => sample.mpps),
    cpuNs: summaryOf(samples, (sample) => sample.cpuNsPerPacket),
    loss: summaryOf(samples, (sample) => sample.lossPercent),
    cpuShare: summaryOf(samples, (sample) => sample.cpuShare),
    ratio: base && hasWholeCpu([...samples, ...base]) ? ratios(samples, base, (sample) => sample.mpps) : undefined,
    cpuRatio: base && ratios(samples, base, (sample) => 1 / sample.cpuNsPerPacket),
    samples,
  };
}

function render(entries) {
  const head = ["", "Mpps", "CPU ns a packet", "× kernel", "× kernel by CPU", "loss %"];
  const rows = entries.map((entry) =>
    entry.mpps === undefined
      ? [entry.title, "failed", "", "", "", ""]
      : [
          entry.title,
          spread(entry.mpps, 2),
          spread(entry.cpuNs, 0),
          entry.ratio ? spread(entry.ratio, 2) : "",
          entry.cpuRatio ? spread(entry.cpuRatio, 2) : "",
          fixed(entry.loss.median, 2),
        ],
  );
  return table(head, rows) + noteOf(entries);
}

function pathRow(path, title, all) {
  return {
    name: path,
    title,
    async run({ quick, rounds, seconds, cpu, say }) {
      const names = all.filter((name) => !(quick && name === "redirectTc"));
      const sample = (subject) => samplePath({ path, subject, cpu, seconds });
      const results = await compare({ subjects: names, rounds, sample, describe, say });
      const base = results.get(BASE).samples;
      const entries = names.map((name) => entryOf(name, subjects[name].title, results.get(name), base));
      return { entries, text: render(entries) };
    },
  };
}

const sinks = { xdp: "generator → XDP sink", tc: "generator → tc sink" };

const generatorRow = {
  name: "generator",
  title: "generator and sink with nothing in between: the floor of every row below",
  async run({ rounds, seconds, cpu, say }) {
    const sample = (sinkKind) => sampleNothing({ sinkKind, cpu, seconds });
    const results = await compare({ subjects: Object.keys(sinks), rounds, sample, describe, say });
    const entries = Object.entries(sinks).map(([name, title]) => entryOf(name, title, results.get(name)));
    return { entries, text: render(entries) };
  },
};

const vteps = ["kernel", "xdp", "tc", "packet", "xsk"];

/** Every one sends from subnet to subnet; another address family costs little more than its longer header. */
const routed = ["kernel", "xdp", "tc"];
const SYMMETRIC = "host → VTEP routes → underlay, L3 VNI to a router MAC";

function routedRows(prefix, family) {
  const title = (what) => `${what}, ${family}`;
  return [
    pathRow(prefix, title(`${SYMMETRIC}, by host route`), routed),
    pathRow(`${prefix}-prefix`, title(`${SYMMETRIC}, by one of 1000 prefixes`), routed),
    pathRow(`${prefix}-asymmetric`, title("host → VTEP routes → underlay, L2 VNI to a known host"), routed),
    pathRow(`${prefix}-decap`, title("underlay, L3 VNI → VTEP routes → host"), routed),
  ];
}

export const forwardingRows = [
  generatorRow,
  pathRow("encap", "host → VTEP → underlay, known unicast", ["redirectXdp", "redirectTc", ...vteps]),
  pathRow("decap", "underlay → VTEP → host, known unicast", ["redirectXdp", "redirectTc", ...vteps]),
  pathRow("vteps", "host → VTEP → VTEP → host, known unicast", vteps),
  ...routedRows("routed", "IPv4"),
  ...routedRows("routed6", "IPv6"),
];
