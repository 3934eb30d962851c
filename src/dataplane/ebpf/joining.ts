// The way round of bpf/lib/join.h: a veth pair whose receiving side joins the segments of TCP streams, and the program
// of the uplinks behind it. The pair is control's; what it does is set here.

import { BpfLink, type BpfProgram, ethtoolSetFeature, interfaceIndex, probeTcx } from "../../native/index.js";
import { VtepError } from "../../wire/error.js";
import type { JoinDevices } from "../driver.js";
import type { Programs } from "./load.js";
import { TransmitDrops } from "./transmit_drops.js";

export interface JoinIndexes {
  readonly join: number;
  readonly joined: number;
}

export const NOT_JOINED: JoinIndexes = { join: 0, joined: 0 };

export class Joining {
  private readonly losses: TransmitDrops;

  private constructor(
    private readonly devices: JoinDevices,
    private readonly opened: JoinIndexes,
    private readonly program: BpfLink,
  ) {
    this.losses = new TransmitDrops(devices.join);
  }

  /** Throws `join_failed` where there is no such pair, or it does not join. */
  static open(programs: Programs, devices: JoinDevices): Joining {
    try {
      const opened = indexesOf(devices);
      // A veth joins nothing that its peer might have left whole.
      require(ethtoolSetFeature(devices.join, "tso", false), `${devices.join} cannot do without TSO`);
      require(ethtoolSetFeature(devices.joined, "gro", true), `${devices.joined} has no GRO`);
      return new Joining(devices, opened, attach(programs.program("uplink", "tc"), opened.joined));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new VtepError("join_failed", `segments are not joined: ${why}`, { ...devices }, cause);
    }
  }

  /** Zeros once the pair is gone, or another in its place: what is sent there would be lost. */
  get indexes(): JoinIndexes {
    try {
      const now = indexesOf(this.devices);
      return now.join === this.opened.join && now.joined === this.opened.joined ? this.opened : NOT_JOINED;
    } catch {
      return NOT_JOINED;
    }
  }

  /** Frames lost since the start: more came than were joined meanwhile. */
  overruns(): number {
    return this.losses.read();
  }

  close(): void {
    this.losses.close();
    this.program.close();
  }
}

function attach(program: BpfProgram, ifindex: number): BpfLink {
  const options = { direction: "ingress" } as const;
  return probeTcx() ? BpfLink.attachTcx(program, ifindex, options) : BpfLink.attachClsact(program, ifindex, options);
}

function require(isSo: boolean, otherwise: string): void {
  if (!isSo) throw new Error(otherwise);
}

function indexesOf({ join, joined }: JoinDevices): JoinIndexes {
  return { join: interfaceIndex(join), joined: interfaceIndex(joined) };
}
