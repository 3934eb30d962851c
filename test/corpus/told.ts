// ICMP errors as the gateway of red writes them to A1, its host at h1.

import type { Output } from "./case.js";
import { error6, icmp, quote4, quote6 } from "./icmp.js";
import { A1, fromGateway, fromGateway6, RED } from "./irb_lab.js";

/** Type of service of what a router says about the network (RFC 1812 §4.3.2.5). */
export const CONTROL = 0xc0;

export function tells(type: number, code: number, about: Uint8Array, rest = 0, ip: string = RED.ip): Output {
  const upper = [icmp(type, { code, rest }), quote4(about)];
  return ["h1", fromGateway({ mac: RED.mac, ip }, A1, upper, { tos: CONTROL })];
}

export function tells6(type: number, code: number, about: Uint8Array, rest = 0): Output {
  return ["h1", fromGateway6(RED, A1, [error6(type, code, rest), quote6(about)])];
}
