// Offsets and constants of the TCP header (RFC 9293 §3.1). Only what the engine reads and writes.

export const TCP_HEADER_BYTES = 20;

export const Tcp = { DATA_OFFSET: 12, FLAGS: 13, CHECKSUM: 16, SYN: 0x02 } as const;

/** Kinds, and the length of the one that is written. */
export const TcpOption = { END: 0, NOTHING: 1, MSS: 2, MSS_BYTES: 4 } as const;
