// A buffer of frames with the two views that the hot path reads it through, made once.

export interface FramePool {
  readonly bytes: Uint8Array;
  /** The same memory by 32 bits, in the byte order of this machine: for copying and summing. */
  readonly words: Int32Array;
}

/** The memory must begin at a multiple of four, as whole ArrayBuffers do. */
export function framePool(bytes: Uint8Array): FramePool {
  return { bytes, words: new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2) };
}
