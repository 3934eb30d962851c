// What config.control.frr asks for, with every name filled in: the kernel objects through which zebra sees this VTEP,
// and how to talk to FRR.

import { domainNames, l3Names, vrfName } from "../../config/kernel_names.js";
import type { BridgeDomainConfig, VrfConfig, VtepConfig } from "../../config/schema.js";
import { VtepError } from "../../wire/error.js";
import { type Mac, writeMac } from "../../wire/ethernet.js";
import { mappedAddress } from "../mapped_address.js";
import { parseIp } from "../netlink/index.js";
import { probeMacOf } from "../probe_mac.js";
import { gatewayAddresses, macOf } from "../static/routing_from_config.js";

/** RT_TABLE_MAIN: with `zebra -n` a VRF is the main table of its own namespace. */
const MAIN_TABLE = 254;
const OWN_PLACE = "";

/** A gateway address on the bridge. */
export interface BridgeAddress {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly prefixLength: number;
}

/** A bridge with what hangs on it: of a domain, or of an L3 VNI. */
export interface BridgeIntent {
  /** The network namespace it lives in; "" = our own. */
  readonly place: string;
  /** VRF device that the bridge belongs to; "" = none, or the namespace is the VRF. */
  readonly vrfDevice: string;
  readonly bridge: string;
  /** The MAC that zebra reads as the gateway's or router's; `given` false: only made so that it does not change. */
  readonly mac: Uint8Array;
  readonly isMacGiven: boolean;
  readonly addresses: readonly BridgeAddress[];
  /** 0 = routed only: no VXLAN device. */
  readonly vni: number;
  readonly vxlan: string;
  readonly port: string;
  readonly portPeer: string;
  /** Where the port's other end is: beside it, or with us, who speak with the host's stack by it. */
  readonly portPeerPlace: string;
}

export interface FrrDomainIntent extends BridgeIntent {
  readonly bridgeDomain: string;
  /** VRF of the config; "" = none. */
  readonly vrf: string;
}

export interface FrrVrfIntent {
  readonly vrf: string;
  /** What FRR calls it, and the kernel: the VRF device or the network namespace. */
  readonly name: string;
  /** Place of its objects. */
  readonly place: string;
  /** Kernel table, in that place, that zebra fills. */
  readonly table: number;
  /** undefined without L3 VNI. */
  readonly l3: BridgeIntent | undefined;
}

export interface WantedObjects {
  readonly vrfBackend: "device" | "netns";
  /** Local VTEP address, 4 or 16 bytes. */
  readonly localAddress: Uint8Array;
  /** Where the overlay runs: no VXLAN device of the kernel may sit there. */
  readonly udpPort: number;
  readonly shadowPort: number;
  readonly domains: ReadonlyMap<string, FrrDomainIntent>;
  readonly vrfs: ReadonlyMap<string, FrrVrfIntent>;
}

export interface FrrIntent {
  /** Folder of FRR's vty sockets. */
  readonly vtyFolder: string;
  readonly staleSeconds: number;
  readonly objects: WantedObjects;
}

/** undefined where control.mode is not frr. */
export function frrIntentOf(config: VtepConfig): FrrIntent | undefined {
  if (config.control.mode !== "frr") return undefined;
  const { vtysh, staleTime, shadowPort, vrfBackend } = config.control.frr;
  const objects: WantedObjects = {
    vrfBackend,
    localAddress: bytesOf(config.vtep.address),
    udpPort: config.vtep.udpPort,
    shadowPort,
    domains: new Map(config.bridgeDomains.map((domain) => [domain.name, domainOf(domain, config)])),
    vrfs: new Map(config.vrfs.map((vrf) => [vrf.name, vrfOf(vrf, config)])),
  };
  return { vtyFolder: vtysh, staleSeconds: staleTime, objects };
}

function domainOf({ name, vni, vrf, gateway }: BridgeDomainConfig, config: VtepConfig): FrrDomainIntent {
  const mac = gateway === undefined ? probeMacOf(mappedAddress(config.vtep.address)) : macOf(gateway.mac);
  const location = locationOf(vrf, config);
  return {
    ...domainNames(config.control.frr.names, name, vni),
    ...location,
    portPeerPlace: gateway?.hostStack ? OWN_PLACE : location.place,
    bridgeDomain: name,
    vrf: vrf ?? "",
    mac: macBytes(mac),
    isMacGiven: gateway !== undefined,
    addresses: (gateway === undefined ? [] : gatewayAddresses(gateway)).map(bridgeAddressOf),
    vni: vni ?? 0,
  };
}

function vrfOf({ name, l3vni, routerMac, table }: VrfConfig, config: VtepConfig): FrrVrfIntent {
  const { names, vrfBackend } = config.control.frr;
  const location = locationOf(name, config);
  const intent = { vrf: name, name: vrfName(names.vrf, name), place: location.place };
  if (vrfBackend === "device" && table === undefined)
    throw new VtepError("missing_table", `VRF ${name} has no kernel table`);
  const ownTable = vrfBackend === "netns" ? MAIN_TABLE : (table ?? MAIN_TABLE);
  if (l3vni === undefined || routerMac === undefined) return { ...intent, table: ownTable, l3: undefined };
  const mac = macBytes(macOf(routerMac));
  const bridge = { ...l3Names(names, name, l3vni), ...location, portPeerPlace: location.place };
  const l3 = { ...bridge, mac, isMacGiven: true, addresses: [], vni: l3vni };
  return { ...intent, table: ownTable, l3 };
}

function locationOf(vrf: string | undefined, config: VtepConfig): { place: string; vrfDevice: string } {
  const { names, vrfBackend } = config.control.frr;
  const name = vrf === undefined ? "" : vrfName(names.vrf, vrf);
  return vrfBackend === "netns" ? { place: name, vrfDevice: "" } : { place: "", vrfDevice: name };
}

function bridgeAddressOf(text: string): BridgeAddress {
  const slash = text.indexOf("/");
  return { address: bytesOf(text.slice(0, slash)), prefixLength: Number(text.slice(slash + 1)) };
}

function bytesOf(text: string): Uint8Array {
  const bytes = parseIp(text);
  if (bytes === null) throw new VtepError("invalid_address", `${text} is not an IP address`);
  return bytes;
}

function macBytes({ hi, lo }: Mac): Uint8Array {
  const bytes = new Uint8Array(6);
  writeMac(bytes, 0, hi, lo);
  return bytes;
}
