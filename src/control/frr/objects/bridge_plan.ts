// A bridge for zebra with what hangs on it, against what the kernel has. zebra reads from it that there is a VNI, where
// its gateway is, and which MACs are local; no frame is to pass it. So the VXLAN device is a disabled port: zebra does
// not look at that, entries can be written all the same, and neither what the kernel floods nor what anybody sends to
// the shadow port gets through; flooding is off besides, since the kernel enables the port again whenever the device
// changes, until we hear of it. The stand-in port forwards, because a bridge without such a port has no carrier.
//
// VXLAN devices of ours hang on a leash, an interface that goes with this process: when it dies, however it dies, the
// kernel takes them away in the same moment, zebra loses its VNIs, and bgpd withdraws what nobody forwards any more.
//
// What somebody else made under our name is adopted: it gets the settings, and keeps its life. What contradicts the
// intent and is not ours is a problem for the operator.

import {
  BridgePortState,
  encodeDeleteLink,
  encodeNewBridge,
  encodeNewVeth,
  encodeNewVxlan,
  type LinkMessage,
  type NetlinkClient,
} from "../../netlink/index.js";
import type { BridgeIntent } from "../intent.js";
import { addressSteps } from "./address_plan.js";
import { linkSteps, marks, type WantedLink } from "./link_plan.js";
import type { NamespaceHandle } from "./namespaces.js";
import type { Observed } from "./observed.js";
import { isOurs } from "./ownership.js";
import { blocked, NOTHING_TO_DO, type Plan, type Step, step, together } from "./step.js";
import { type Shadow, vxlanFault } from "./vxlan_fault.js";

/** One namespace, as plans need it. */
export interface Site {
  readonly name: string;
  readonly client: NetlinkClient;
  readonly observed: Observed;
  /** Our own namespace, in which a vxlan device's socket stays, and ends of ports that lead to us. */
  readonly own: { readonly client: NetlinkClient; readonly observed: Observed };
  openNetns(name: string): NamespaceHandle;
}

const VXLAN_PORT = {
  state: BridgePortState.disabled,
  learning: false,
  neighborSuppression: true,
  unicastFlood: false,
  multicastFlood: false,
  broadcastFlood: false,
};
const STAND_IN_PORT = { learning: false };

/** `obsolete`: addresses that the intent before this one had. */
export function planBridge(
  site: Site,
  intent: BridgeIntent,
  shadow: Shadow,
  obsolete: BridgeIntent["addresses"],
): Plan {
  const vrf = intent.vrfDevice === "" ? undefined : site.observed.link(intent.vrfDevice);
  if (intent.vrfDevice !== "" && vrf?.kind !== "vrf")
    return blocked(`${intent.bridge} waits for VRF device ${intent.vrfDevice}`);
  const bridge = site.observed.link(intent.bridge);
  const isReady = bridge?.kind === "bridge";
  return together([
    bridge === undefined ? makeBridge(site, intent) : setBridge(site, bridge, intent, vrf?.ifindex, obsolete),
    intent.vni === 0 ? NOTHING_TO_DO : planVxlan(site, intent, shadow, isReady ? bridge.ifindex : undefined),
    planPort(site, intent, isReady ? bridge.ifindex : undefined),
  ]);
}

function makeBridge({ client }: Site, { bridge, mac }: BridgeIntent): Plan {
  const make = step(client, bridge, "make", encodeNewBridge(bridge, mac, { multicastSnooping: false }));
  return { steps: [make, ...marks(client, bridge)], problem: undefined };
}

function setBridge(
  site: Site,
  link: LinkMessage,
  intent: BridgeIntent,
  vrf: number | undefined,
  obsolete: BridgeIntent["addresses"],
): Plan {
  if (link.kind !== "bridge") return blocked(`${link.name} is a ${link.kind ?? "device"}, not a bridge`);
  const ours = isOurs(link);
  const steps = linkSteps(site.client, link, {
    mac: ours || intent.isMacGiven ? intent.mac : undefined,
    master: vrf ?? (ours ? 0 : undefined),
    multicastSnooping: false,
  });
  // Addresses of a bridge that moves into its VRF, or comes up, may go: they are looked at when that is done.
  const addresses = steps.length > 0 ? [] : addressSteps(site, link, intent.addresses, obsolete);
  return { steps: [...steps, ...addresses], problem: bridgeFault(link) };
}

function bridgeFault({ name, bridge }: LinkMessage): string | undefined {
  if (bridge?.vlanFiltering) return `${name} filters VLANs, which zebra then expects of every entry: turn that off`;
  if (bridge?.stp) return `${name} runs STP, which keeps ports from forwarding: turn that off`;
  return undefined;
}

function planVxlan(site: Site, intent: BridgeIntent, shadow: Shadow, bridge: number | undefined): Plan {
  const link = site.observed.link(intent.vxlan);
  if (link === undefined) return { steps: makeVxlan(site, intent, shadow), problem: undefined };
  const fault = vxlanFault(link, intent.vni, shadow);
  if (fault === undefined) return settle(site, link, { master: bridge, port: VXLAN_PORT });
  if (!isOurs(link)) return blocked(`${link.name} ${fault}`);
  return { steps: [step(site.client, link.name, "remove", encodeDeleteLink(link.ifindex))], problem: undefined };
}

function makeVxlan(site: Site, { vxlan: name, vni }: BridgeIntent, shadow: Shadow): Step[] {
  const { name: place, own, client } = site;
  const { localAddress: local, shadowPort: udpPort, leash: link } = shadow;
  const data = { vni, local, link, udpPort, learning: false };
  if (place === "") return [step(client, name, "make", encodeNewVxlan(name, data, false)), ...marks(client, name)];
  const make = askedFromOurs(site, name, (fd) => own.client.execute(encodeNewVxlan(name, data, false, fd)));
  return [make, ...marks(client, name)];
}

/** An interface of the site's namespace that keeps a foot in ours. */
function askedFromOurs(site: Site, name: string, make: (netnsFd: number) => Promise<void>): Step {
  const run = async (): Promise<void> => {
    const netns = site.openNetns(site.name);
    try {
      await make(netns.fd);
    } finally {
      netns.close();
    }
  };
  return { interface: name, what: "make", run };
}

function planPort(site: Site, intent: BridgeIntent, bridge: number | undefined): Plan {
  const { client, observed } = site;
  const link = observed.link(intent.port);
  if (link === undefined) return { steps: makePort(site, intent), problem: undefined };
  const port = settle(site, link, { master: bridge, port: STAND_IN_PORT });
  if (!isOurs(link)) return port;
  const isBeside = intent.portPeerPlace === site.name;
  const peer = (isBeside ? observed : site.own.observed).link(intent.portPeer);
  const isPeer = peer?.ifindex === link.link && isBeside === (link.linkNetnsId === undefined);
  if (peer !== undefined && isPeer) return together([port, isBeside ? settle(site, peer, {}) : settleOurs(site, peer)]);
  // The other end was renamed or moved away, or is wanted elsewhere: the pair is made anew.
  return { steps: [step(client, link.name, "remove", encodeDeleteLink(link.ifindex))], problem: undefined };
}

function makePort(site: Site, { port: name, portPeer, portPeerPlace }: BridgeIntent): Step[] {
  const { client, own } = site;
  const peer = { name: portPeer };
  if (portPeerPlace === site.name)
    return [step(client, name, "make", encodeNewVeth(name, peer)), ...marks(client, name, portPeer)];
  const make = askedFromOurs(site, name, (fd) => own.client.execute(encodeNewVeth(name, peer, fd)));
  return [make, ...marks(client, name), ...marks(own.client, portPeer).map(inOurs)];
}

function settleOurs({ own }: Site, link: LinkMessage): Plan {
  return { steps: linkSteps(own.client, link, {}).map(inOurs), problem: undefined };
}

function inOurs(one: Step): Step {
  return { ...one, place: "" };
}

function settle({ client }: Site, link: LinkMessage, wanted: WantedLink): Plan {
  return { steps: linkSteps(client, link, wanted), problem: undefined };
}
