/** The underlay as the rest of control sees it. */
export type { Schedule } from "./adjacencies.js";
export { assignBuckets, BUCKET_COUNT, NO_ADJACENCY, type WeightedLeg } from "./buckets.js";
export { type LinkChange, type LinkState, Links } from "./links.js";
export type { UnderlayLeg, UnderlayPath } from "./path.js";
export { type PathListener, Underlay, type UnderlayOptions } from "./underlay.js";
