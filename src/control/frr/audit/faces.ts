// What the audit asks of the rest of control, and of the data path.

import type { FdbDifference } from "../../../dataplane/driver.js";
import type { Tables } from "../../../tables/tables.js";
import type { Mac } from "../../../wire/ethernet.js";
import type { PathFacts } from "../../routing/path_target.js";

/** What zebra wrote, as we hold it: the mirror. */
export interface MirrorFace {
  /** Reads the kernel's tables again, all of them, and brings ours in line. */
  readAgain(): Promise<void>;
}

/** What we write for zebra. */
export interface AnnouncerFace {
  /** What is to stand on the domain's stand-in port and bridge now. */
  macs(bridgeDomain: string): Iterable<Mac>;
  bindings(bridgeDomain: string): Iterable<{ readonly address: Uint8Array; readonly mac: Mac }>;
  /** Writes all of it once more, also what it takes to be there. */
  announceAgain(bridgeDomain: string): Promise<void>;
}

/** What the config itself says, beside EVPN: it wins, and is not FRR's concern. */
export interface ConfiguredFace {
  isFloodVtep(bridgeDomain: string, vtep: string): boolean;
  isRoute(vrf: string, prefix: string): boolean;
}

/** See Driver.fdbDifferences. */
export interface DataPathFace {
  fdbDifferences?(): Iterable<FdbDifference | undefined>;
}

export interface HeldRoute {
  readonly vrf: string;
  readonly prefix: string;
  readonly targets: readonly PathFacts[];
}

/** Our own tables, with names for their numbers. */
export interface HeldParts {
  readonly tables: Tables;
  /** Of a bridge domain's name; 0 = none. */
  domainOf(name: string): number;
  domainName(bd: number): string;
  /** The tables have deltas for the data path. */
  changed(): void;
  /** Text of a VTEP's address. */
  vtepAddressOf(vtep: number): string;
  routes(): Iterable<HeldRoute>;
}
