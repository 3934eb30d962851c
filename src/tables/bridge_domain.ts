// Bridge domains: the VNI, the flooding scope and the policy of each. The VNI is outside the FDB key:
// VNI → bd is its own table, so a domain can change its VNI without touching a MAC.

import { BdFlag, Limit } from "../abi/generated.js";
import { readI32 } from "../wire/bytes.js";
import { maskWord } from "../wire/prefix.js";
import type { Deltas } from "./delta.js";
import { IntMap } from "./int_map.js";

const NONE = new Uint16Array(0);
/** Lengths of IPv4 prefixes are counted from here. */
const IPV4_PREFIX_BITS = 96;
const LONGEST_WITH_BROADCAST = IPV4_PREFIX_BITS + 30;

export interface GatewayAddress {
  /** 16 bytes, IPv4 as ::ffff:a.b.c.d. */
  readonly address: Uint8Array;
  /** Of the subnet; that of IPv4 counted from 96. */
  readonly length: number;
}

export class BridgeDomains {
  readonly vni = new Uint32Array(Limit.MAX_BDS);
  readonly flags = new Uint16Array(Limit.MAX_BDS);
  /** Ticks without a frame after which a learned MAC goes; 0 = never. */
  readonly ageTicks = new Uint32Array(Limit.MAX_BDS);
  /** Ticks that a MAC is held after its port vanished; 0 = off. */
  readonly holdTicks = new Uint32Array(Limit.MAX_BDS);
  /** Local ports of the domain, enabled ones only. */
  readonly floodPorts: Uint16Array[] = [];
  /** Head-end replication list (RFC 7348 §4.2 by unicast; RFC 8365 §5.1.3). */
  readonly floodVteps: Uint16Array[] = [];
  /** VRF that routes for the domain; 0 = none. */
  readonly vrf = new Uint16Array(Limit.MAX_BDS);
  /** MAC of the anycast gateway, when BdFlag.GATEWAY is set. */
  readonly gatewayHi = new Uint16Array(Limit.MAX_BDS);
  readonly gatewayLo = new Int32Array(Limit.MAX_BDS);
  /** Port that leads to this host's own IP stack, where the gateway's addresses serve it too; 0 = none. */
  readonly hostPort = new Uint16Array(Limit.MAX_BDS);
  /** Addresses of the gateway with their subnets; the first of a family speaks for it. */
  readonly gateways: (readonly GatewayAddress[])[] = [];
  private readonly bdByVni = new IntMap();

  constructor(private readonly deltas: Deltas) {}

  /** bd of a 24-bit VNI; 0 where no domain has it. */
  byVni(vni: number): number {
    return this.bdByVni.get(vni);
  }

  set(bd: number, vni: number, flags: number, ageTicks: number, holdTicks: number): void {
    if (this.vni[bd] !== 0 && this.bdByVni.get(this.vni[bd]!) === bd) this.bdByVni.delete(this.vni[bd]!);
    if (vni !== 0) this.bdByVni.set(vni, bd);
    this.vni[bd] = vni;
    this.flags[bd] = flags;
    this.ageTicks[bd] = ageTicks;
    this.holdTicks[bd] = holdTicks;
    this.floodPorts[bd] ??= NONE;
    this.floodVteps[bd] ??= NONE;
    this.deltas.bridgeDomains.add(bd);
  }

  setGateway(bd: number, vrf: number, hi: number, lo: number, addresses: readonly GatewayAddress[]): void {
    this.vrf[bd] = vrf;
    this.gatewayHi[bd] = hi;
    this.gatewayLo[bd] = lo;
    this.gateways[bd] = addresses;
    this.deltas.bridgeDomains.add(bd);
  }

  setHostPort(bd: number, port: number): void {
    this.hostPort[bd] = port;
  }

  isGatewayMac(bd: number, hi: number, lo: number): boolean {
    const has = (this.flags[bd]! & BdFlag.GATEWAY) !== 0;
    return has && this.gatewayLo[bd] === lo && this.gatewayHi[bd] === hi;
  }

  /** Whether an address, as four big-endian words, is one of the gateway's own. */
  isGatewayAddress(bd: number, w0: number, w1: number, w2: number, w3: number): boolean {
    return this.gatewayHolding(bd, w0, w1, w2, w3, 128) !== undefined;
  }

  /** Whether an address is one for hosts of a subnet of the domain. */
  isInSubnet(bd: number, w0: number, w1: number, w2: number, w3: number): boolean {
    return this.gatewayOf(bd, w0, w1, w2, w3) !== undefined && !this.isSubnetBroadcast(bd, w0, w1, w2, w3);
  }

  /**
   * Whether an address is the broadcast address of the subnet that it lies in, the narrowest, or its network address,
   * which is an old form of that (RFC 1812 §5.3.5.2). A /31 has neither (RFC 3021), nor has IPv6.
   */
  isSubnetBroadcast(bd: number, w0: number, w1: number, w2: number, w3: number): boolean {
    const gateways = this.gateways[bd];
    if (gateways === undefined) return false;
    let narrowest = 0;
    for (let at = 0; at < gateways.length; at++) {
      const { address, length } = gateways[at]!;
      if (length > narrowest && sharesPrefix(address, w0, w1, w2, w3, length)) narrowest = length;
    }
    if (narrowest < IPV4_PREFIX_BITS || narrowest > LONGEST_WITH_BROADCAST) return false;
    const host = w3 & ~maskWord(narrowest - IPV4_PREFIX_BITS);
    return host === 0 || host === ~maskWord(narrowest - IPV4_PREFIX_BITS);
  }

  /** The gateway's address in the subnet that an address lies in. */
  gatewayOf(bd: number, w0: number, w1: number, w2: number, w3: number): GatewayAddress | undefined {
    return this.gatewayHolding(bd, w0, w1, w2, w3, 0);
  }

  /** `atLeast`: bits that must agree, even where the subnet is wider. */
  private gatewayHolding(
    bd: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    atLeast: number,
  ): GatewayAddress | undefined {
    const gateways = this.gateways[bd];
    if (gateways === undefined) return undefined;
    for (let at = 0; at < gateways.length; at++) {
      const gateway = gateways[at]!;
      if (sharesPrefix(gateway.address, w0, w1, w2, w3, Math.max(gateway.length, atLeast))) return gateway;
    }
    return undefined;
  }

  setFloodPorts(bd: number, ports: readonly number[]): void {
    this.floodPorts[bd] = Uint16Array.from(ports);
    this.deltas.bridgeDomains.add(bd);
  }

  setFloodVteps(bd: number, vteps: readonly number[]): void {
    this.floodVteps[bd] = Uint16Array.from(vteps);
    this.deltas.bridgeDomains.add(bd);
  }

  clear(bd: number): void {
    this.set(bd, 0, 0, 0, 0);
    this.setGateway(bd, 0, 0, 0, []);
    this.setHostPort(bd, 0);
    this.floodPorts[bd] = NONE;
    this.floodVteps[bd] = NONE;
  }
}

function sharesPrefix(address: Uint8Array, w0: number, w1: number, w2: number, w3: number, length: number): boolean {
  const low =
    ((readI32(address, 12) ^ w3) & maskWord(length - 96)) | ((readI32(address, 8) ^ w2) & maskWord(length - 64));
  return (
    (low | ((readI32(address, 4) ^ w1) & maskWord(length - 32)) | ((readI32(address, 0) ^ w0) & maskWord(length))) === 0
  );
}
