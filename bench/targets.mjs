// What each row is to reach, and where that is read off its results. The only place where a target stands: `--list`, the
// tables and the report take it from here.

const atLeast = (row, entry, column, floor, goal) => ({ row, entry, column, floor, goal, better: "more" });
const atMost = (row, entry, column, floor, goal) => ({ row, entry, column, floor, goal, better: "less" });

const ROUTED = ["routed", "routed-prefix", "routed-asymmetric", "routed-decap"];
const ENGINE_CASES = ["encap", "decap", "local"];
const OFFLOADS = ["", "-segmented", "-gro", "-plain"];
const TCP_ROWS = ["tcp", "tcp-8"].flatMap((streams) => OFFLOADS.map((offload) => `${streams}${offload}`));
const LOST = ["evpn-lost-route", "evpn-lost-vtep"];
const HOOKS = ["xdp", "tc"];
const WAYS = ["encap", "decap"];
const BEHIND = [1, 1000, 100_000];

/**
 * `floor` is the least that is good enough, `goal` what is aimed at; either may be left out. `column`: a key of the row's
 * columns. Ratios are to the kernel, by CPU time, unless the column says otherwise.
 */
export const targets = [
  {
    number: 1,
    what: "known unicast by XDP, 64-byte frames, 256 flows",
    marks: [atLeast("encap", "xdp", "cpuRatio", 5, 6), atLeast("decap", "xdp", "cpuRatio", 4.5, 5.5)],
  },
  {
    number: 2,
    what: "the same by tc (TCX)",
    marks: [atLeast("encap", "tc", "cpuRatio", 1.6, 2), atLeast("decap", "tc", "cpuRatio", 1.6, 2)],
  },
  {
    number: 3,
    what: "routed unicast by XDP, symmetric and asymmetric",
    marks: ROUTED.map((row) => atLeast(row, "xdp", "cpuRatio", 7, 8.5)),
  },
  {
    number: 4,
    what: "encapsulation beside an empty redirect program on the same path",
    marks: [atMost("encap", "xdp", "redirectRatio", 1.5, 1.35)],
  },
  {
    number: 5,
    what: "TCP, one and eight streams, every combination of offloads; beside no overlay",
    marks: TCP_ROWS.flatMap((row) => [
      atLeast(row, "tc", "cpuRatio", 1, 1.12),
      atLeast(row, "tc", "wireRatio", undefined, 0.98),
    ]),
  },
  {
    number: 6,
    what: "TCP that is no overlay traffic, beside a loaded VTEP",
    marks: [atLeast("tcp-beside", "tc", "bareRatio", 0.98, 1)],
  },
  {
    number: 7,
    what: "request and response: rate; p99",
    marks: [atLeast("latency", "tc", "cpuRatio", 1.3, 1.45), atMost("latency", "tc", "p99Ratio", 1, 1)],
  },
  {
    number: 8,
    what: "userspace engine end to end, 64-byte frames",
    marks: [atLeast("vteps", "xsk", "cpuRatio", 1, 3)],
  },
  {
    number: 9,
    what: "userspace engine beside AF_XDP in C (xdpsock), on the same veth",
    marks: ["encap", "decap"].map((row) => atLeast(row, "xsk", "xdpsockRatio", 0.8, 1)),
  },
  {
    number: 10,
    what: "engine in memory, known unicast: ns; p99.9/p50; heap bytes a frame",
    marks: ENGINE_CASES.flatMap((entry) => [
      atMost("engine", entry, "nsP50", 100, 50),
      atMost("engine", entry, "tail", 10, 3),
    ]),
  },
  {
    number: 11,
    what: "flooding: time of one more copy, up to 512 VTEPs",
    marks: ["tc-64", "tc-512"].map((entry) => atMost("flood", entry, "extraRatio", 0.5, 0.35)),
  },
  {
    number: 12,
    what: "a million MACs beside 1000: 256 of them in turns; any of them at random",
    marks: HOOKS.flatMap((hook) =>
      WAYS.flatMap((way) => [
        atMost("scale-macs", `${hook}-${way}-hot-1000000`, "growth", 1.2, 1.05),
        atMost("scale-macs", `${hook}-${way}-random-1000000`, "growth", 4, 2),
      ]),
    ),
  },
  {
    number: 13,
    what: "1000 VNIs or VTEPs beside one",
    marks: ["scale-vteps", "scale-vnis"].flatMap((row) =>
      HOOKS.flatMap((hook) => WAYS.map((way) => atMost(row, `${hook}-${way}-1000`, "growth", 1.1, 1.03))),
    ),
  },
  {
    number: 14,
    what: "132000 remote MACs from FRR: time beside the kernel alone; MACs by CPU second of vtepd",
    marks: [
      atMost("evpn-macs", "vtepd-filled", "ratio", 1.2, 1),
      // By the clock it is zebra's rate, which the column beside shows.
      atLeast("evpn-macs", "vtepd-filled", "entriesPerCpuSecond", 100_000, 500_000),
    ],
  },
  {
    number: 15,
    what: "MAC moves: told → last wrong frame, p99 in ms",
    marks: BEHIND.map((count) => atMost("evpn-moves", `vtepd-${count}`, "wrongP99", 5, 1)),
  },
  {
    number: 16,
    what: "VTEP or uplink fails: told → last wrong frame, p99 in ms",
    marks: LOST.flatMap((row) => BEHIND.map((count) => atMost(row, `vtepd-${count}`, "wrongP99", 10, 2))),
  },
  {
    number: 17,
    what: "MAC flood on one port: loss on the others; ms until a violated port is shut, frames beyond the limit",
    marks: HOOKS.flatMap((hook) => [
      atMost("mac-flood", `${hook}-flooded`, "loss", 0, 0),
      atMost("mac-flood", `${hook}-limited`, "loss", 0, 0),
      atMost("mac-flood", `${hook}-shut`, "shutMs", undefined, 1),
      atMost("mac-flood", `${hook}-shut`, "violating", 0, 0),
    ]),
  },
  {
    number: 18,
    what: "ethertype fix beside an empty XDP program: ns a frame that is right, or repaired",
    marks: ["xdp-right", "xdp-broken", "xdp-tagged"].map((entry) => atMost("ethertype-fix", entry, "addedNs", 15, 5)),
  },
  {
    number: 19,
    what: "daemon: answers after ms; idle CPU %; RSS MB with 1000 and 132000 MACs",
    marks: [
      atMost("rest", "ebpf, 1 remote MAC", "readyMs", 2000, 1000),
      atMost("rest", "ebpf, 1 remote MAC", "cpuPercent", 1, 0.2),
      atMost("rest", "ebpf, 1000 remote MACs", "rssMegabytes", 150, 100),
      atMost("evpn-memory", "vtepd", "full", 300, 200),
    ],
  },
  {
    number: 20,
    what: "two cores beside one",
    marks: ["xdp-encap", "xdp-decap"].map((entry) => atLeast("two-cores", entry, "scaling", 1.8, 1.95)),
  },
];

export const marksOf = (row, entry, column) =>
  targets.flatMap(({ number, marks }) =>
    marks
      .filter((mark) => mark.row === row && mark.entry === entry && mark.column === column)
      .map((mark) => ({ ...mark, number })),
  );

const sign = { more: "≥", less: "≤" };

/** `≥ 5 (goal ≥ 6)` */
export function markText({ floor, goal, better }) {
  if (floor === undefined) return `goal ${sign[better]} ${goal}`;
  return `${sign[better]} ${floor}${goal === undefined || goal === floor ? "" : ` (goal ${sign[better]} ${goal})`}`;
}

/** "goal", "floor", "below", or "short" of a goal without a floor; undefined of what was not measured. */
export function verdictOf({ floor, goal, better }, value) {
  if (!Number.isFinite(value)) return undefined;
  const reaches = (bound) => bound !== undefined && (better === "more" ? value >= bound : value <= bound);
  if (reaches(goal)) return "goal";
  if (floor === undefined) return "short";
  return reaches(floor) ? "floor" : "below";
}

const numberOf = (value) => (typeof value === "number" ? value : value?.median);

/** All marks of all targets, with what rows of results say of them. */
export function judge(rows) {
  return targets.flatMap(({ number, what, marks }) =>
    marks.map((mark) => {
      const row = rows.find(({ name }) => name === mark.row);
      const entry = row?.entries.find(({ name }) => name === mark.entry);
      const column = row?.columns?.find(({ key }) => key === mark.column);
      const value = numberOf(entry?.[mark.column]);
      return { number, what, ...mark, title: entry?.title, column, value, verdict: verdictOf(mark, value) };
    }),
  );
}
