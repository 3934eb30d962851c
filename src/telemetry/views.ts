// Tables and counters → what `show` and the REST API answer. Pure: numbers in, JSON values out; it asks no clock and
// no data path, and it never builds a list that could be long at once.

export { bridgeDomainViews } from "./views/bridge_domain.js";
export { dropReasonName, dropViews } from "./views/drop.js";
export { type FdbSelection, fdbViews } from "./views/fdb.js";
export { macPathViews } from "./views/mac_path.js";
export { portViews } from "./views/port.js";
export { repairViews } from "./views/repair.js";
export { neighborViews, routeViews, vrfViews } from "./views/routing.js";
export { vtepViews } from "./views/vtep.js";
