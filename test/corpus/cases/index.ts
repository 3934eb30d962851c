// Every case, by concern. One file a concern; order is the order of the tests.

import type { Case } from "../case.js";
import { access } from "./access.js";
import { bindings } from "./bindings.js";
import { centralGateway } from "./central_gateway.js";
import { directedBroadcast } from "./directed_broadcast.js";
import { ecn } from "./ecn.js";
import { falseNeighbors } from "./false_neighbors.js";
import { flood } from "./flood.js";
import { floodCopies } from "./flood_copies.js";
import { gateway } from "./gateway.js";
import { gatewayHops } from "./gateway_hops.js";
import { header } from "./header.js";
import { hostStack } from "./host_stack.js";
import { icmpErrors } from "./icmp_errors.js";
import { icmpSilence } from "./icmp_silence.js";
import { invalidIp } from "./invalid_ip.js";
import { learning } from "./learning.js";
import { malformed } from "./malformed.js";
import { mssClamp } from "./mss.js";
import { pathMtu } from "./path_mtu.js";
import { repair } from "./repair.js";
import { routing } from "./routing.js";
import { routingLookup } from "./routing_lookup.js";
import { security } from "./security.js";
import { segments } from "./segments.js";
import { stormControl } from "./storm.js";
import { suppression } from "./suppression.js";
import { tooBig } from "./too_big.js";
import { underlay } from "./underlay.js";
import { underlay6 } from "./underlay6.js";
import { unicast } from "./unicast.js";
import { unicastForward } from "./unicast_forward.js";
import { vxlanHeader } from "./vxlan_header.js";

export const groups: Readonly<Record<string, readonly Case[]>> = {
  unicast,
  flood,
  "flood: copies": floodCopies,
  learning,
  security,
  "storm control": stormControl,
  "access ports": access,
  "Ethertype repair": repair,
  "outer header": header,
  ECN: ecn,
  "VXLAN header": vxlanHeader,
  underlay,
  "IPv6 underlay": underlay6,
  malformed,
  routing,
  "routing: lookup": routingLookup,
  "routing: directed broadcast": directedBroadcast,
  "routing: by a router of the tenant": gatewayHops,
  gateway,
  "central gateway": centralGateway,
  "host stack": hostStack,
  "Ethernet segments": segments,
  "ARP and ND suppression": suppression,
  "ARP and ND by unicast": unicastForward,
  bindings,
  "false ARP and ND": falseNeighbors,
  "ICMP errors": icmpErrors,
  "too big": tooBig,
  "path MTU": pathMtu,
  "MSS clamp": mssClamp,
  "ICMP silence": icmpSilence,
  "invalid IP": invalidIp,
};

export const cases: readonly Case[] = Object.values(groups).flat();
