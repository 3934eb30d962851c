// Rows of packets per second: one core, as fast as the path takes them, 256 flows.
import { sampleNothing, samplePath } from "../datapath/forwarding.mjs";
import { missingPeer } from "../datapath/peers.mjs";
import { subjects } from "../datapath/subjects.mjs";
import { fixed } from "../report/table.mjs";
import { compare, hasWholeCpu, notesOf, ratios, summaryOf } from "./compare.mjs";

const BASE = "kernel";
/** What each sample takes besides measuring: namespaces, daemons, a first look at what arrives. */
const SETUP_SECONDS = 4;

export const forwardingColumns = [
  { key: "cpuRatio", title: "× kernel by CPU", digits: 2, plot: true, reference: 1 },
  { key: "cpuNs", title: "CPU ns a frame", digits: 0, plot: true },
  { key: "redirectRatio", title: "× empty redirect's CPU", digits: 2 },
  { key: "xdpsockRatio", title: "× AF_XDP in C by CPU", digits: 2 },
  { key: "mpps", title: "Mpps", digits: 2 },
  { key: "ratio", title: "× kernel by rate", digits: 2 },
  { key: "loss", title: "loss %", digits: 2, range: false },
];

export const describe = (sample) =>
  `${fixed(sample.mpps, 2)} Mpps, ${fixed(sample.cpuNsPerPacket, 0)} CPU ns a packet, loss ${fixed(sample.lossPercent, 2)} %`;

const perCpu = (sample) => 1 / sample.cpuNsPerPacket;

/**
 * `base`: the kernel's samples of the same rounds; `redirect`: those of the empty program on the same hook; `bare`: those
 * of the least that the same sockets can do.
 */
export function entryOf(name, title, { samples, failure, skipped }, { base = [], redirect = [], bare = [] } = {}) {
  if (samples.length === 0) return { name, title, failure, skipped };
  return {
    name,
    title,
    failure,
    cpuRatio: ratios(samples, base, perCpu),
    cpuNs: summaryOf(samples, (sample) => sample.cpuNsPerPacket),
    redirectRatio: ratios(samples, redirect, (sample) => sample.cpuNsPerPacket),
    xdpsockRatio: ratios(samples, bare, perCpu),
    mpps: summaryOf(samples, (sample) => sample.mpps),
    ratio: hasWholeCpu([...samples, ...base]) ? ratios(samples, base, (sample) => sample.mpps) : undefined,
    loss: summaryOf(samples, (sample) => sample.lossPercent),
    cpuShare: summaryOf(samples, (sample) => sample.cpuShare),
    samples,
  };
}

/** Whose empty program is the least that a subject could do. */
const REDIRECT_OF = { xdp: "redirectXdp", tc: "redirectTc", tcPeer: "redirectTc" };

export function entriesOf(names, results, suffix = "") {
  const samplesOf = (name) => results.get(name)?.samples ?? [];
  return names.map((name) => {
    const bare = name === "xsk" ? samplesOf("xdpsock") : [];
    const others = { base: samplesOf(BASE), redirect: samplesOf(REDIRECT_OF[name]), bare };
    return entryOf(`${name}${suffix}`, subjects[name].title, results.get(name), others);
  });
}

/** Also of rows that put several of these together. */
export const planOf = (count, { rounds, seconds }) => ({ samples: rounds * count, seconds: SETUP_SECONDS + seconds });

/** With --quick, of all rows: what tells the most for the time it takes. `chosen` is less still. */
const QUICK = ["redirectXdp", "kernel", "xdp", "tc", "xsk", "ovs"];
const WITHOUT_PEERS = { chosen: ["kernel", "xdp", "tc", "xsk"] };
const WITHOUT_TC = { chosen: ["kernel", "xdp", "xsk"] };

function pathRow(path, title, all, { slow = false, chosen = QUICK } = {}) {
  const namesOf = ({ quick }) => all.filter((name) => !quick || chosen.includes(name));
  return {
    name: path,
    title,
    slow,
    columns: forwardingColumns,
    plan: (options) => planOf(namesOf(options).length, options),
    async run(options) {
      const { rounds, seconds, cpu, say } = options;
      const names = namesOf(options);
      const sample = (subject) => samplePath({ path, subject, cpu, seconds });
      const results = await compare({ subjects: names, rounds, sample, describe, say, missing: missingPeer });
      const entries = entriesOf(names, results);
      return { entries, notes: notesOf(entries) };
    },
  };
}

const sinks = { xdp: "generator → XDP sink", tc: "generator → tc sink" };

const generatorRow = {
  name: "generator",
  title: "generator and sink with nothing in between: the floor of every row below",
  columns: forwardingColumns,
  plan: (options) => planOf(Object.keys(sinks).length, options),
  async run({ rounds, seconds, cpu, say }) {
    const sample = (sinkKind) => sampleNothing({ sinkKind, cpu, seconds });
    const results = await compare({ subjects: Object.keys(sinks), rounds, sample, describe, say });
    const entries = Object.entries(sinks).map(([name, title]) => entryOf(`bare-${name}`, title, results.get(name)));
    return { entries, notes: notesOf(entries) };
  },
};

const redirects = ["redirectXdp", "redirectTc"];
const vteps = ["kernel", "xdp", "tc", "packet", "xsk", "ovs"];
/** Where frames go to a host. */
const toHost = ["kernel", "xdp", "tc", "tcPeer", "packet", "xsk", "ovs"];

const SLOW = { slow: true };
const shapes = [
  ["imix", "IMIX (64, 570, 1518 bytes as 7:4:1)"],
  ["1400", "1400-byte frames"],
];
const shapedRows = shapes.flatMap(([shape, what]) => [
  pathRow(`encap-${shape}`, `host → VTEP → underlay, ${what}`, [...redirects, ...vteps], SLOW),
  pathRow(`decap-${shape}`, `underlay → VTEP → host, ${what}`, [...redirects, ...vteps], SLOW),
]);

/** Every one sends from subnet to subnet; another address family costs little more than its longer header. */
const routed = ["kernel", "xdp", "tc"];
const SYMMETRIC = "host → VTEP routes → underlay, L3 VNI to a router MAC";

function routedRows(prefix, family, { slow }) {
  const title = (what) => `${what}, ${family}`;
  return [
    pathRow(prefix, title(`${SYMMETRIC}, by host route`), routed, { slow }),
    pathRow(`${prefix}-prefix`, title(`${SYMMETRIC}, by one of 1000 prefixes`), routed, SLOW),
    pathRow(`${prefix}-asymmetric`, title("host → VTEP routes → underlay, L2 VNI to a known host"), routed, SLOW),
    pathRow(`${prefix}-decap`, title("underlay, L3 VNI → VTEP routes → host"), routed, SLOW),
  ];
}

export const forwardingRows = [
  generatorRow,
  pathRow("encap", "host → VTEP → underlay, known unicast", [...redirects, "wire", ...vteps, "xdpsock"]),
  pathRow("decap", "underlay → VTEP → host, known unicast", [...redirects, ...toHost, "xdpsock"], WITHOUT_PEERS),
  pathRow("vteps", "host → VTEP → VTEP → host, known unicast", ["wire", ...toHost], WITHOUT_TC),
  ...shapedRows,
  ...routedRows("routed", "IPv4", { slow: false }),
  ...routedRows("routed6", "IPv6", SLOW),
];
