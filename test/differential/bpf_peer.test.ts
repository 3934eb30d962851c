// The corpus through the tc programs with every port at the other end of a veth: the same frames, handed over as they are.

import { afterAll, describe, expect, it } from "vitest";
import { PortFlag } from "../../src/abi/generated.js";
import { compare } from "../bpf/agreement.js";
import { type BpfOutcome, closeBpf, fitsTestRun, NEEDS_ROOT, root } from "../bpf/harness.js";
import type { Case, Given, Step } from "../corpus/case.js";
import { cases } from "../corpus/cases/index.js";
import { type Built, buildTables, interfaceOf } from "../corpus/given.js";
import { arriving, H1, H2, lab, R1 } from "../corpus/lab.js";
import { ethernet, packet, payload } from "../corpus/packet.js";

interface ToPort {
  readonly id: string;
  readonly bpf: BpfOutcome;
  readonly isDecapsulated: boolean;
  readonly difference: string;
}

afterAll(closeBpf);

const byPeers = (given: Given): Built => {
  const built = buildTables(given);
  built.names.ports.forEach((_, port) => {
    if (port !== 0) built.tables.ports.setFlag(port, PortFlag.TO_PEER, true);
  });
  return built;
};

function run(
  { tables, names }: Built,
  { from, frame, at = 0 }: Pick<Step, "from" | "frame" | "at">,
): Omit<ToPort, "id"> {
  const slot = names.slots.indexOf(from);
  return { ...compare(tables, slot, frame, at, { hook: "tc" }), isDecapsulated: tables.interfaces.isUplink(slot) };
}

/** Of the cases in which something leaves by a port. */
function runAll({ id, given, frames }: Case): ToPort[] {
  const built = byPeers(given);
  const ports = new Set(Object.keys(given.ports).map(interfaceOf));
  if (!frames.some(({ expect: { outputs } }) => outputs.some(([name]) => ports.has(name)))) return [];
  return frames.filter(({ frame }) => fitsTestRun(frame, "tc")).map((frame) => ({ id, ...run(built, frame) }));
}

describe.skipIf(!root)(`delivery to peers by tc (${NEEDS_ROOT})`, () => {
  it("changes no frame of the corpus, and nothing that is counted", () => {
    const results = cases.flatMap(runAll);
    const different = results.filter(({ difference }) => difference !== "");
    expect(different.map(({ id, difference }) => `${id}: ${difference}`)).toEqual([]);
    const delivered = results.filter(({ bpf }) => bpf.toPeer);
    for (const way of [true, false]) expect(delivered.some(({ isDecapsulated }) => isDecapsulated === way)).toBe(true);
  });

  it("leaves to the queue what the kernel would take for the outer packet's protocol", () => {
    const inner = packet(ethernet(R1.mac, H1.mac), payload(46));
    const { bpf, difference } = run(byPeers(lab()), { from: "up0", frame: arriving(inner) });
    expect(difference).toBe("");
    expect(bpf).toMatchObject({ verdict: "sent", toPeer: false });
  });

  it("from port to port any protocol goes, as the kernel has seen it", () => {
    const frame = packet(ethernet(H1.mac, H2.mac), payload(46));
    const { bpf, difference } = run(byPeers(lab()), { from: "h1", frame });
    expect(difference).toBe("");
    expect(bpf).toMatchObject({ verdict: "sent", toPeer: true });
  });

  it("XDP knows no peers", () => {
    const { tables, names } = byPeers(lab());
    const { bpf } = compare(tables, names.slots.indexOf("h1"), packet(ethernet(H1.mac, H2.mac), payload(46)), 0, {
      hook: "xdp",
    });
    expect(bpf).toMatchObject({ verdict: "sent", toPeer: false });
  });
});
