/** The audit, for the rest of control. */

export { Audit, type AuditOptions, type AuditParts, LEFTOVERS } from "./audit.js";
export type * from "./faces.js";
export { RouterMacWatch, type RouterMacWatchParts } from "./router_mac_watch.js";
export type { AuditAction, AuditOutcome, AuditRow, AuditSubject } from "./rows.js";
