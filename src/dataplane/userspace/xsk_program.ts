// The XDP program of one interface that steers frames into its AF_XDP sockets (bpf/vtep_xsk.bpf.c), with its maps.

import { readFileSync } from "node:fs";
import { ConfigLayout } from "../../abi/generated.js";
import { type BehindFixer, goBehindFixer } from "../../fixer/behind.js";
import type { FixCounts } from "../../fixer/counts.js";
import { loadFront } from "../../fixer/front.js";
import type { Fixer } from "../../fixer/program.js";
import type { BpfLink as Link, BpfObject as Loaded, Netns } from "../../native/bpf.js";
import { BpfLink, BpfObject, NativeError } from "../../native/index.js";
import type { RepairPlan } from "../../tables/interface.js";
import type { VtepSettings } from "../../tables/tables.js";
import type { InterfacePlan } from "../driver.js";

const OBJECT = new URL("../../../build/bpf/vtep_xsk.bpf.o", import.meta.url);
const XDP_TAKEN: ReadonlySet<string> = new Set(["EBUSY", "EEXIST"]);
const ONLY_KEY = new Uint8Array(4);

export class XskProgram {
  private readonly object: Loaded;
  private readonly programName: string;
  private link: Link | undefined;
  private fixer: Fixer | undefined;
  /** One that the command attached. */
  private front: BehindFixer | undefined;

  constructor(role: InterfacePlan["role"]) {
    this.programName = `vtep_xsk_${role}`;
    this.object = BpfObject.load(readFileSync(OBJECT), { name: "vtep_xsk", programs: [this.programName] });
  }

  /** What an uplink's program takes for ours. */
  configure(settings: VtepSettings): void {
    const value = new Uint8Array(ConfigLayout.sizeBytes);
    value.set(settings.localAddress, ConfigLayout.localAddress);
    new Uint16Array(value.buffer)[ConfigLayout.udpPort / 2] = settings.udpPort;
    value[ConfigLayout.family] = settings.family;
    this.write("vtep_xsk_config", ONLY_KEY, value);
  }

  setSocket(queue: number, fd: number): void {
    this.write("vtep_xsks", new Uint8Array(Uint32Array.of(queue).buffer), new Uint8Array(Uint32Array.of(fd).buffer));
  }

  /** Frames are steered from here on. Throws where the driver has no XDP in this mode. */
  attach(ifindex: number, mode: "native" | "generic", netns: Netns, repair?: RepairPlan): void {
    const program = this.object.program(this.programName);
    try {
      if (repair !== undefined) this.fixer = loadFront({ hook: "xdp", ...repair }, program);
      this.link = BpfLink.attachXdp(this.fixer?.program ?? program, ifindex, { mode, netns });
    } catch (error) {
      const isTaken = mode === "native" && error instanceof NativeError && XDP_TAKEN.has(error.code);
      this.front = isTaken ? goBehindFixer(program, { ifindex, netns, repair }) : undefined;
      if (this.front === undefined) throw error;
    } finally {
      program.close();
    }
  }

  /** Undefined where nothing is repaired. */
  fixes(): FixCounts | undefined {
    return this.front?.fixes() ?? this.fixer?.readCounts();
  }

  close(): void {
    this.front?.close();
    this.link?.close();
    this.fixer?.close();
    this.object.close();
  }

  private write(mapName: string, key: Uint8Array, value: Uint8Array): void {
    const map = this.object.map(mapName);
    map.update(key, value);
    map.close();
  }
}
