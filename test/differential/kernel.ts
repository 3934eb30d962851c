// Runner 3: the corpus through the kernel's bridge and vxlan, beside the engine.

import { type Case, type Given, type Output, place, type Step } from "../corpus/case.js";
import { cases } from "../corpus/cases/index.js";
import { MemoryRun } from "../corpus/memory.js";
import { outputTexts, places } from "../corpus/observe.js";
import { inexpressible } from "./kernel_config.js";
import { CABLES, type KernelEntry, KernelVtep } from "./kernel_vtep.js";
import { isTunnelPacket, normaliseOuter } from "./normalise.js";

/** The kernel draws source ports from a hash of its own, so both get a range of one port. */
const SOURCE_PORT = 40000;
const SHORTEST_FRAME = 14;

export interface Comparison {
  readonly ours: readonly string[];
  readonly kernel: readonly string[];
}

/** What both did with each frame of a case, and what they know at its end; undefined for frames that cannot be sent. */
export type CaseResult = readonly (Comparison | undefined)[];

export const pinned = (given: Given): Given => ({
  ...given,
  vtep: { ...given.vtep, sourcePorts: [SOURCE_PORT, SOURCE_PORT] },
});

export const expressible = cases.filter(({ given }) => inexpressible(given) === undefined);

function normalised(outputs: readonly Output[], given: Given): string[] {
  const kept = outputs.filter(([name, bytes]) => !(name in given.uplinks) || isTunnelPacket(bytes, given.vtep.udpPort));
  return outputTexts(kept.map(([name, bytes]) => [name, name in given.uplinks ? normaliseOuter(bytes) : bytes]));
}

const withoutFlags = (words: Iterable<string>): string[] =>
  [...words].map((one) => one.split(" ").slice(0, 4).join(" ")).sort();

/** The kernel's entries in our words: its own addresses and flood lists left out, tunnels by the name of the VTEP. */
function kernelPlaces(entries: readonly KernelEntry[], given: Given): string[] {
  const vtepAt = (address: string) =>
    Object.entries(given.vteps).find(([, remote]) => remote.address === address)?.[0] ?? address;
  const hosts = entries.filter(
    ({ master, state, mac }) => master !== undefined && state !== "permanent" && !mac.startsWith("33:33"),
  );
  return hosts
    .map(({ mac, ifname, master }) => {
      const tunnel = entries.find((one) => one.mac === mac && one.ifname === ifname && one.dst !== undefined)?.dst;
      return place(master!.replace("br-", ""), mac, tunnel === undefined ? ifname : vtepAt(tunnel));
    })
    .sort();
}

export class KernelRun {
  private readonly kernel = new KernelVtep();
  private configured = "";
  private database = "";

  async run({ given, frames }: Case): Promise<CaseResult> {
    await this.configure(given);
    const memory = new MemoryRun(pinned(given));
    const results = frames.map((step) => this.compare(memory, step, given));
    const entries = this.kernel.entries();
    if (JSON.stringify(entries) !== this.database) this.configured = "";
    const { tables, names } = memory.built;
    return [...results, { ours: withoutFlags(places(tables, names)), kernel: kernelPlaces(entries, given) }];
  }

  close(): void {
    this.kernel.close();
  }

  /** The same tables as those of the case before, and nothing learned since: they serve again. */
  private async configure(given: Given): Promise<void> {
    const key = JSON.stringify({ ...given, vtep: { ...given.vtep, profile: "", knownVtepsOnly: "", sourcePorts: "" } });
    if (key === this.configured) return;
    await this.kernel.configure(given, SOURCE_PORT);
    this.configured = key;
    this.database = JSON.stringify(this.kernel.entries());
  }

  private compare(memory: MemoryRun, step: Step, given: Given): Comparison | undefined {
    memory.step(step);
    if (step.frame.length < SHORTEST_FRAME || !CABLES.some((name) => name === step.from)) return undefined;
    return {
      ours: normalised(memory.outputs(), given),
      kernel: normalised(this.kernel.exchange(step.from, step.frame), given),
    };
  }
}
