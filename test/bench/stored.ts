// Results of a bench, as small as they can be, with what must not reach a page as it stands.

const range = (median: number, min = median, max = median) => ({ median, min, max, count: 3 });
const columns = [
  { key: "cpuRatio", title: "× kernel by CPU", digits: 2, plot: true, reference: 1 },
  { key: "cpuNs", title: "CPU ns a frame", digits: 0, plot: true },
  { key: "loss", title: "loss %", digits: 2, range: false },
  { key: "nowhere", title: "in no entry" },
];

export const report = {
  startedAt: "2026-11-21T06:24:02.856Z",
  endedAt: "2026-11-21T06:26:02.856Z",
  command: "vtepd bench --row <encap> & more",
  options: { quick: false, rounds: 3, seconds: 2, cpu: 1 },
  machine: {
    cpu: "Some CPU <3",
    cpus: 2,
    hypervisor: true,
    memoryGigabytes: 24,
    kernel: "6.18.44 #1 SMP",
    node: "v20.20.2",
    iproute2: "ip utility, iproute2-6.1.0, libbpf 1.1.2",
    commit: "abcdef0",
    loadAverage: [0.1, 0.2, 0.3],
  },
  rows: [
    {
      name: "encap",
      title: "host → VTEP → underlay",
      columns,
      entries: [
        { name: "kernel", title: "kernel", cpuRatio: range(1), cpuNs: range(1700, 1650, 1800), loss: range(0) },
        {
          name: "xdp",
          title: "vtepd, hook xdp",
          cpuRatio: range(5.5, 5.1, 5.9),
          cpuNs: range(310, 300, 330),
          loss: range(0.25),
          samples: [{ hooks: ["v0: xdp"], attached: ["vtep v0(2) driver id 7"] }],
        },
        { name: "tc", title: "vtepd, hook tc", failure: 'it says "<script>alert(1)</script>"' },
        { name: "ovs", title: "Open vSwitch | userspace", skipped: "ovs-vswitchd not installed" },
      ],
      notes: ["a note <b>"],
    },
    { name: "tcp", title: "TCP", columns: [], entries: [], skipped: "iperf3 is missing" },
    { name: "other", title: "of an older kind", columns: [], entries: [], text: "a table <of> its own" },
    {
      name: "flood",
      title: "copies",
      columns: [{ key: "ns", title: "ns a copy", digits: 0 }],
      chart: { x: "copies", y: "ns", series: "subject", xTitle: "VTEPs", log: true },
      entries: [1, 8, 64].map((copies) => ({
        ...{ name: `kernel-${copies}`, title: `kernel, ${copies}`, subject: "kernel", copies },
        ns: range(1000 / copies, 900 / copies, 1100 / copies),
      })),
    },
  ],
};
