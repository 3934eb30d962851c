// What the driver needs to know of an open interface, whichever kind of socket is behind it.

export interface FrameSource {
  /** Frames that the kernel had no room for since the last call. */
  takeOverruns(): number;
  close(): void;
}
