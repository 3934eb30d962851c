// All that the rules look at, asked once: FRR's running configuration and what it made of it, the host, our own config.

import type { VtepConfig } from "../../../config/schema.js";
import { VtepError } from "../../../wire/error.js";
import { parseIp } from "../../netlink/address_text.js";
import { type FrrIntent, frrIntentOf } from "../intent.js";
import {
  askConfig,
  askEvpnPeers,
  askEvpnVteps,
  askInterfaces,
  askPathLength,
  askResolvingPrefix,
  askVersion,
  askVnis,
  askWhetherVrfsAreNamespaces,
  type EvpnVni,
  type FrrVersion,
  type ShownInterface,
  VtyConnection,
} from "../vty/index.js";
import { unreachable } from "../vty/unreachable.js";
import { type ConfigLine, parseConfigText } from "./config_tree.js";
import { type HostFacts, host } from "./host.js";

/** Somebody far away, and how the underlay leads there. */
export interface Reached {
  readonly address: string;
  /** Prefix of the route that zebra would take; undefined where there is none. */
  readonly prefix: string | undefined;
}

/** A VTEP that EVPN told of. */
export interface RemoteVtep extends Reached {
  /** Autonomous systems on the way, where BGP carries the underlay. */
  readonly systems: number | undefined;
}

export interface LintFacts {
  readonly config: VtepConfig;
  /** Where the file asks for FRR. */
  readonly intent: FrrIntent | undefined;
  readonly version: FrrVersion | undefined;
  readonly zebra: readonly ConfigLine[];
  readonly bgpd: readonly ConfigLine[];
  readonly vnis: readonly EvpnVni[];
  readonly vrfsAreNamespaces: boolean;
  readonly interfaces: readonly ShownInterface[];
  readonly vteps: readonly RemoteVtep[];
  /** Neighbours of bgpd for EVPN that have an address; the others are on a link. */
  readonly peers: readonly Reached[];
  readonly host: HostFacts;
}

/** Throws VtepError `frr_unreachable` where zebra or bgpd cannot be asked. */
export async function gatherFacts(config: VtepConfig): Promise<LintFacts> {
  const folder = config.control.frr.vtysh;
  const zebra = await open(folder, "zebra");
  try {
    const bgpd = await open(folder, "bgpd");
    try {
      return await ask(config, zebra, bgpd);
    } finally {
      bgpd.close();
    }
  } finally {
    zebra.close();
  }
}

async function open(folder: string, daemon: string): Promise<VtyConnection> {
  try {
    return await VtyConnection.open(`${folder}/${daemon}.vty`);
  } catch (cause) {
    const { reason } = unreachable(folder, daemon, cause);
    throw new VtepError("frr_unreachable", reason, { daemon }, cause);
  }
}

async function ask(config: VtepConfig, zebra: VtyConnection, bgpd: VtyConnection): Promise<LintFacts> {
  const vteps: RemoteVtep[] = [];
  for (const address of await askEvpnVteps(bgpd)) {
    const [prefix, systems] = [await askResolvingPrefix(zebra, address), await askPathLength(bgpd, address)];
    vteps.push({ address, prefix, systems });
  }
  const peers: Reached[] = [];
  for (const { name } of await askEvpnPeers(bgpd)) {
    if (parseIp(name) !== null) peers.push({ address: name, prefix: await askResolvingPrefix(zebra, name) });
  }
  return {
    config,
    intent: frrIntentOf(config),
    version: await askVersion(zebra),
    zebra: parseConfigText(await askConfig(zebra)),
    bgpd: parseConfigText(await askConfig(bgpd)),
    vnis: await askVnis(zebra),
    vrfsAreNamespaces: await askWhetherVrfsAreNamespaces(zebra),
    interfaces: await askInterfaces(zebra),
    vteps,
    peers,
    host,
  };
}
