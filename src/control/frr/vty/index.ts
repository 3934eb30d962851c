/** The conversation with FRR, for the rest of control. */

export { type Vty, VtyConnection } from "./connection.js";
export type { EvpnSources } from "./convergence.js";
export { askJson, type Fields, fieldsOf, nonsense, numberIn, objectsIn, textIn, textsIn } from "./document.js";
export { type FrrReturn, type FrrState, FrrWatch, type FrrWatchOptions } from "./frr_watch.js";
export { whenNoticed } from "./noticed.js";
export { type FrrFeature, type FrrVersion, hasFeature } from "./release.js";
export * from "./shows.js";
export * from "./tables.js";
export { askEvpnVteps, askPathLength, askRemoteVtepsOf, askResolvingPrefix } from "./underlay.js";
