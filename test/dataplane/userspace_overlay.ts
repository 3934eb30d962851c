// overlay.ts by the userspace driver, which is told the namespace of its interfaces and stays where it is.
import type { SocketChoice } from "../../src/dataplane/userspace/choose.js";
import { UserspaceDriver } from "../../src/dataplane/userspace/driver.js";
import { Overlay, type OverlayOptions } from "./overlay.js";

export interface UserspaceOptions extends OverlayOptions {
  readonly socket?: SocketChoice;
}

export function userspaceOverlay({ socket = "auto", ...options }: UserspaceOptions): Promise<Overlay<UserspaceDriver>> {
  return Overlay.up(options, {
    hooks: { uplink: "auto", access: "auto" },
    create: (tables, netns) => new UserspaceDriver({ tables, netns, socket }),
    within: (_, action) => action(),
  });
}
