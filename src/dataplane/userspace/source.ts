// What the driver needs to know of an open interface, whichever kind of socket is behind it.

import type { VtepSettings } from "../../tables/tables.js";

export interface FrameSource {
  /** The VTEP's address or port may have changed. Throws, with the former still followed, where it cannot. */
  followSettings(settings: VtepSettings): void;
  /** Frames that the kernel had no room for since the last call. */
  takeOverruns(): number;
  /** Works on an interface that is gone, too. */
  close(): void;
}
