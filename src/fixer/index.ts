// The Ethertype fixer without a VTEP: attach, detach, show. What is attached belongs to the interface, not to a process.

import { capabilities } from "../native/index.js";
import { VtepError } from "../wire/error.js";

export { type Attached, type AttachRequest, attachFixer } from "./attach.js";
export { detachFixer } from "./detach.js";
export { type FixerHook, type FixerView, showFixers } from "./view.js";

/** The kernel opens a program by its number for CAP_SYS_ADMIN only, so looking takes as much as attaching. */
export function requireFixerCapabilities(): void {
  const held = capabilities();
  const missing = (["CAP_NET_ADMIN", "CAP_SYS_ADMIN"] as const).filter((name) => !held.includes(name));
  if (missing.length === 0) return;
  throw new VtepError("missing_capability", `ethertype-fix needs ${missing.join(" and ")}: run it as root`, {
    missing,
  });
}
