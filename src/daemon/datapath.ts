// Which data path carries the frames, and why. The only place that knows concrete drivers.

import type { VtepConfig } from "../config/schema.js";
import { DECOY_NAME } from "../control/decoy.js";
import type { Driver } from "../dataplane/driver.js";
import { EbpfDriver } from "../dataplane/ebpf/driver.js";
import { UserspaceDriver } from "../dataplane/userspace/driver.js";
import type { EngineListener } from "../engine/engine.js";
import { type CapabilityName, capabilities } from "../native/index.js";
import type { Tables } from "../tables/tables.js";
import { VtepError } from "../wire/error.js";

export interface ChosenDriver {
  readonly driver: Driver;
  readonly reason: string;
}

export type DatapathConfig = Pick<VtepConfig["vtep"], "datapath" | "userspaceSocket">;
type SocketChoice = DatapathConfig["userspaceSocket"];

/** Throws VtepError with the remedy where the choice cannot be had; `auto` falls back to userspace. */
export function openDriver(
  { datapath: choice, userspaceSocket }: DatapathConfig,
  tables: Tables,
  listener: EngineListener,
): ChosenDriver {
  if (choice === "userspace") return userspace(tables, listener, userspaceSocket, "asked for by vtep.datapath");
  try {
    requireBpf();
    return {
      driver: new EbpfDriver({ tables, listener, tunnelDevice: DECOY_NAME }),
      reason: choice === "ebpf" ? "asked for by vtep.datapath" : "auto: eBPF works here",
    };
  } catch (error) {
    if (choice === "ebpf") throw error;
    const why = error instanceof Error ? error.message : String(error);
    return userspace(tables, listener, userspaceSocket, `auto: no eBPF here: ${why}`);
  }
}

/** What every data path needs, and netlink before it. Throws `missing_capability` with the remedy. */
export function requireNetworkCapabilities(): void {
  requireCapabilities("a VTEP", ["CAP_NET_ADMIN", "CAP_NET_RAW"]);
}

function userspace(tables: Tables, listener: EngineListener, socket: SocketChoice, reason: string): ChosenDriver {
  return { driver: new UserspaceDriver({ tables, listener, socket }), reason };
}

/** Loading programs needs CAP_BPF and CAP_PERFMON, or on older kernels CAP_SYS_ADMIN. */
function requireBpf(): void {
  if (!capabilities().includes("CAP_SYS_ADMIN")) requireCapabilities("the eBPF data path", ["CAP_BPF", "CAP_PERFMON"]);
}

function requireCapabilities(what: string, wanted: readonly CapabilityName[]): void {
  const held = capabilities();
  const missing = wanted.filter((name) => !held.includes(name));
  if (missing.length === 0) return;
  const remedy = "run as root, or give AmbientCapabilities= in the systemd unit";
  throw new VtepError("missing_capability", `${what} needs ${missing.join(" and ")}: ${remedy}`, { missing });
}
