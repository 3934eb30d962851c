// A port that one more source shuts is the engine's from that source's frame on: what hosts send afterwards that had been
// admitted waits behind it, and none of it is forwarded in the meantime.
import { describe, expect, it } from "vitest";
import { TableWriter } from "../../src/dataplane/ebpf/apply.js";
import { Programs } from "../../src/dataplane/ebpf/load.js";
import { Violation } from "../../src/tables/port.js";
import type { Tables } from "../../src/tables/tables.js";
import { buildTables } from "../corpus/given.js";
import { datagram, H1, H4, lab, R1 } from "../corpus/lab.js";
import { root } from "./harness.js";
import { enterAtLoopback } from "./loopback.js";
import { testObjects } from "./objects.js";

/** What goes to the engine too: it is not there. */
const XDP_DROP = 1;
const XDP_REDIRECT = 4;
/** H1 is one MAC, so the port is full. */
const LIMIT = 1;

interface Bench {
  readonly tables: Tables;
  readonly port: number;
  send(source: typeof H1): number;
  write(): void;
}

function withPort(violation: number, work: (bench: Bench) => void): void {
  const programs = Programs.load(testObjects(), {}, true);
  try {
    const { tables, names } = buildTables(lab());
    const slot = names.slots.indexOf("h1");
    const port = tables.interfaces.portByVlan[slot]![0]!;
    tables.ports.macLimit[port] = LIMIT;
    tables.ports.violation[port] = violation;
    const writer = new TableWriter(programs, tables, { takesXdp: () => true, isEngineCarried: () => false });
    writer.writeAll();
    enterAtLoopback(programs, tables, slot);
    const program = programs.program("access", "xdp");
    work({
      tables,
      port,
      send: (source) => program.testRun({ data: datagram(source, R1) }).retval,
      write: () => void writer.writeDeltas(),
    });
  } finally {
    programs.close();
  }
}

describe.skipIf(!root)("a port that is full (needs root: BPF)", () => {
  it("and that another source shuts, forwards nothing from that source on", () => {
    withPort(Violation.SHUTDOWN, ({ send }) => {
      expect([send(H1), send(H1), send(H4), send(H1)]).toEqual([XDP_REDIRECT, XDP_REDIRECT, XDP_DROP, XDP_DROP]);
    });
  });

  it.each([
    ["protected", Violation.PROTECT],
    ["restricted", Violation.RESTRICT],
  ])("and only %s, goes on for the hosts that it has", (_, violation) => {
    withPort(violation, ({ send }) => {
      expect([send(H1), send(H4), send(H1)]).toEqual([XDP_REDIRECT, XDP_DROP, XDP_REDIRECT]);
    });
  });

  it("forwards again as soon as there is room for another", () => {
    withPort(Violation.SHUTDOWN, ({ send, tables, port, write }) => {
      send(H4);
      expect(send(H1)).toBe(XDP_DROP);
      tables.ports.macLimit[port] = LIMIT + 1;
      tables.deltas.ports.add(port);
      write();
      expect(send(H1)).toBe(XDP_REDIRECT);
    });
  });
});
