// One interface against what is wanted of it: the requests that make up the difference.

import {
  AddressGeneration,
  type BridgePortData,
  encodeSetBridgePort,
  encodeSetLink,
  formatMacBytes,
  type LinkChange,
  LinkFlag,
  type LinkMessage,
  type NetlinkClient,
} from "../../netlink/index.js";
import { OUR_ALIAS } from "./ownership.js";
import { type Step, step } from "./step.js";

export interface WantedLink {
  readonly mac?: Uint8Array | undefined;
  /** Interface index of its bridge or VRF; undefined: as it is. */
  readonly master?: number | undefined;
  readonly multicastSnooping?: boolean;
  readonly port?: Partial<BridgePortData>;
}

/** Settings first, then up: an interface that comes up without them gets addresses and learns. Port options come last. */
export function linkSteps(client: NetlinkClient, link: LinkMessage, wanted: WantedLink): Step[] {
  const { name, ifindex } = link;
  const change = settingsOf(link, wanted);
  const steps: Step[] = [];
  if (Object.keys(change).length > 0) steps.push(step(client, name, "set", encodeSetLink(ifindex, change)));
  if ((link.flags & LinkFlag.up) === 0)
    steps.push(step(client, name, "bring up", encodeSetLink(ifindex, { up: true })));
  if (steps.length > 0 || wanted.port === undefined || link.bridgePort === null) return steps;
  const bridgePort = portSettingsOf(link.bridgePort, wanted.port);
  if (Object.keys(bridgePort).length === 0) return steps;
  return [step(client, name, "set", encodeSetBridgePort(ifindex, bridgePort))];
}

/** The mark follows at once: until it is there, the interface is nobody's. */
export function marks(client: NetlinkClient, ...names: string[]): Step[] {
  return names.map((name) => step(client, name, "mark", encodeSetLink(name, { alias: OUR_ALIAS })));
}

function settingsOf(link: LinkMessage, wanted: WantedLink): LinkChange {
  const { mac, master, multicastSnooping } = wanted;
  const isGenerated = link.addressGeneration !== undefined && link.addressGeneration !== AddressGeneration.none;
  const differs = multicastSnooping !== undefined && link.bridge?.multicastSnooping !== multicastSnooping;
  return {
    ...(isGenerated ? { addressGeneration: AddressGeneration.none } : {}),
    ...(mac !== undefined && link.mac !== formatMacBytes(mac) ? { mac } : {}),
    ...(master !== undefined && link.master !== master ? { master } : {}),
    ...(differs ? { bridge: { multicastSnooping } } : {}),
  };
}

function portSettingsOf(present: BridgePortData, wanted: Partial<BridgePortData>): Partial<BridgePortData> {
  const keys = Object.keys(wanted) as (keyof BridgePortData)[];
  return Object.fromEntries(keys.filter((key) => present[key] !== wanted[key]).map((key) => [key, wanted[key]]));
}
