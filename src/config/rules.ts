// Every contradiction between keys that `check`, `run` and `reload` refuse. One function a rule; adding one is adding a
// line here. What a single key may hold is the schema's business.

import { listenerHasToken } from "./rules/api.js";
import type { Rule } from "./rules/context.js";
import { irbIsBridge, kernelNamesFit, shadowPortIsFree, vrfDevicesHaveTable } from "./rules/frr.js";
import {
  bridgedDomainsHaveVni,
  gatewayAddressesOnce,
  gatewaySubnetsApart,
  gatewaysHaveVrf,
  hostStackNeedsBridge,
  remoteDomainsHaveVni,
} from "./rules/gateway.js";
import { accessIsNotUnderlay, hooksAgree, portsFitTables, portsOnce } from "./rules/port.js";
import { bridgeDomainsDefined, namesOnce, vrfsDefined } from "./rules/reference.js";
import { floodListsWithoutRepeats, remoteVtepsFitLocal, vtepsFitTables } from "./rules/remote.js";
import { ipv6RepairIsWhole, repairedAreUnderlay, repairsAgree } from "./rules/repair.js";
import { macsHaveOnePlace, staticMacsFit } from "./rules/security.js";
import { bindingsOnce, routerMacsAgree, routesFitTables, routesHaveL3Vni, routesOnce } from "./rules/static.js";
import { symmetricVrfsComplete, tablesOnce, vnisOnce } from "./rules/vrf.js";
import { deliveryFitsHook, hooksFitDatapath, sourcePortsInOrder, underlayOnce } from "./rules/vtep.js";

export const rules: readonly Rule[] = [
  sourcePortsInOrder,
  underlayOnce,
  hooksFitDatapath,
  deliveryFitsHook,
  namesOnce,
  bridgeDomainsDefined,
  vrfsDefined,
  vnisOnce,
  symmetricVrfsComplete,
  tablesOnce,
  gatewaysHaveVrf,
  hostStackNeedsBridge,
  bridgedDomainsHaveVni,
  remoteDomainsHaveVni,
  gatewayAddressesOnce,
  gatewaySubnetsApart,
  portsOnce,
  accessIsNotUnderlay,
  portsFitTables,
  hooksAgree,
  repairsAgree,
  repairedAreUnderlay,
  ipv6RepairIsWhole,
  staticMacsFit,
  macsHaveOnePlace,
  remoteVtepsFitLocal,
  vtepsFitTables,
  floodListsWithoutRepeats,
  bindingsOnce,
  routesOnce,
  routerMacsAgree,
  routesHaveL3Vni,
  routesFitTables,
  kernelNamesFit,
  irbIsBridge,
  shadowPortIsFree,
  vrfDevicesHaveTable,
  listenerHasToken,
];
