// The gateway's addresses may serve this host's own programs too (BGP to a router of the tenant, DHCP relay, DNS): one
// port of the domain leads to the kernel, whose interface has the gateway's MAC and addresses. What the gateway does
// not answer itself goes there; from there only the gateway speaks, to local hosts, since every VTEP has a gateway of
// its own. eBPF hands all of it here.

import type { Tables } from "../tables/tables.js";
import { toPort } from "./bridge.js";
import type { Decision } from "./decision.js";

/** Whether the host's own stack sent the frame. */
export function fromHostStack({ bridgeDomains }: Tables, { port, ingressBd }: Decision): boolean {
  return port !== 0 && port === bridgeDomains.hostPort[ingressBd];
}

/**
 * To the kernel, through the port of the domain `bd` that the address belongs to. A frame that did not come in that
 * domain comes from nobody there: it has the source MAC of our probes, for the kernel would not believe its own.
 */
export function toHostStack(tables: Tables, out: Decision, bd: number): void {
  const { bridgeDomains, probeHi, probeLo } = tables;
  if (out.bd !== bd) {
    out.sourceHi = probeHi;
    out.sourceLo = probeLo;
  }
  out.bd = bd;
  out.destinationHi = bridgeDomains.gatewayHi[bd]!;
  out.destinationLo = bridgeDomains.gatewayLo[bd]!;
  toPort(tables, out, bridgeDomains.hostPort[bd]!);
}
