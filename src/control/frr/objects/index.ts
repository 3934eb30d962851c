// The kernel objects for zebra, as the rest of control and the daemon see them.
export { KernelObjects, type KernelObjectsParts } from "./kernel_objects.js";
export type { NamespaceHandle, Namespaces } from "./namespaces.js";
export { OUR_ALIAS, OUR_PROTOCOL } from "./ownership.js";
export type { DomainObjects, VrfObjects } from "./placed.js";
