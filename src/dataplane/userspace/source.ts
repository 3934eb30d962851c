// What the driver needs to know of an open interface, whichever kind of socket is behind it.

import type { FixCounts } from "../../fixer/counts.js";
import type { VtepSettings } from "../../tables/tables.js";

export interface FrameSource {
  /** The VTEP's address or port may have changed. Throws, with the former still followed, where it cannot. */
  followSettings(settings: VtepSettings): void;
  /** Frames that the kernel had no room for since the last call. */
  takeOverruns(): number;
  /** Where a program repairs Ethertypes before the socket sees the frame, so that the engine need not. */
  fixes?(): FixCounts | undefined;
  /** Works on an interface that is gone, too. */
  close(): void;
}
