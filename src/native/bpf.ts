/**
 * Types of the BPF handles: object, map, program, link, ring buffer. Implemented in native/bpf_*.cc.
 *
 * Every handle owns exactly one kernel reference: a map or program taken from an object lives on when the object is
 * closed. close() is explicit and may be repeated; the garbage collector closes what was forgotten. Any call on a closed
 * handle throws NativeError with code EBADF. Not transferable between workers: pin, or pass the bytes and load again.
 */

/** A network namespace: a path such as /run/netns/blue, or an open file descriptor of one. Undefined: the process's own. */
export type Netns = string | number | undefined;

export interface LoadOptions {
  /** Name of the object; libbpf prefixes .data/.rodata map names with it. */
  readonly name: string;
  /** Use these maps instead of creating the ones of that name. A differing layout is refused (code EINVAL). */
  readonly reuseMaps?: Readonly<Record<string, BpfMap>>;
  readonly maxEntries?: Readonly<Record<string, number>>;
  /** Initial bytes of .rodata/.data/.bss maps, under their libbpf name; the size must be that of the section. */
  readonly initialValues?: Readonly<Record<string, Uint8Array>>;
  /** Keep the verifier's log of successful loads too (BpfObject.verifierLog). A failure always carries it. */
  readonly verifierLog?: boolean;
  /** Load only these programs; undefined loads all. */
  readonly programs?: readonly string[];
}

export interface BpfObject {
  readonly mapNames: readonly string[];
  /** Programs of the object file that were loaded. */
  readonly programNames: readonly string[];
  /** Logs of the loaded programs, joined; empty unless asked for. */
  readonly verifierLog: string;
  /** A new handle on each call. */
  map(name: string): BpfMap;
  program(name: string): BpfProgram;
  close(): void;
}

export interface BpfObjectConstructor {
  /** `bytes`: the ELF file made by clang. */
  load(bytes: Uint8Array, options: LoadOptions): BpfObject;
}

export interface MapCreateOptions {
  /** BPF_MAP_TYPE_* */
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** BPF_F_* */
  readonly flags?: number;
  readonly name?: string;
  /** Template of the inner maps of an array or hash of maps. */
  readonly innerMap?: BpfMap;
}

/** `count` entries, packed back to back: entry i at i * keySize and i * valueSize. */
export interface MapEntries {
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
  readonly count: number;
}

/** Some of a map's entries. */
export interface MapPart extends MapEntries {
  /** Where the next part begins; absent behind the last one. */
  readonly next?: Uint8Array;
}

export interface BpfMap {
  readonly name: string;
  readonly id: number;
  /** BPF_MAP_TYPE_* */
  readonly type: number;
  readonly flags: number;
  readonly keySize: number;
  /** Bytes that lookup returns: for per-CPU maps the value rounded up to 8, times cpuCount. */
  readonly valueSize: number;
  /** Possible CPUs for per-CPU maps, else 1. */
  readonly cpuCount: number;
  readonly maxEntries: number;
  /** Owned by this handle; -1 once closed. */
  readonly fd: number;

  /** The value, written to `out` if given (which is then what is returned); undefined if there is no such key. */
  lookup(key: Uint8Array, out?: Uint8Array): Uint8Array | undefined;
  /** `flags`: BPF_ANY 0, BPF_NOEXIST 1, BPF_EXIST 2. For maps of maps, programs and sockets the value is an fd as u32. */
  update(key: Uint8Array, value: Uint8Array, flags?: number): void;
  /** False if there was no such key. */
  delete(key: Uint8Array): boolean;
  /** All `count` entries; one by one where the map type has no batch operation. On failure `meta.done` entries are in. */
  updateBatch(keys: Uint8Array, values: Uint8Array, count: number): void;
  /** Absent keys are no error. Returns how many were there. */
  deleteBatch(keys: Uint8Array, count: number): number;
  /** A snapshot by chunks: entries that change while it runs may appear once, old or new, or not at all. */
  dump(): MapEntries;
  /** The same in parts of a few thousand entries, from the beginning or where the part before ended. */
  dumpPart(position?: Uint8Array): MapPart;
  /** The values of a BPF_F_MMAPABLE array, shared with the kernel: entry i at i * round8(valueSize). Outlives close(). */
  mmap(): ArrayBuffer;
  pin(path: string): void;
  close(): void;
}

export interface BpfMapConstructor {
  openPinned(path: string): BpfMap;
  /** Of any process, by the number that the kernel lists it under. */
  openById(id: number): BpfMap;
  create(options: MapCreateOptions): BpfMap;
}

export interface TestRunOptions {
  readonly data?: Uint8Array;
  /** Room for the resulting packet; default: data length + 512. 0: not wanted. */
  readonly dataOutSize?: number;
  /** struct xdp_md or __sk_buff; for XDP its ingress_ifindex must be an interface of `netns`. */
  readonly ctx?: Uint8Array;
  readonly ctxOutSize?: number;
  readonly repeat?: number;
  /** BPF_F_TEST_XDP_LIVE_FRAMES: verdicts are carried out. No data and ctx come back. */
  readonly liveFrames?: boolean;
  /** Frames per live-frames batch, at most 256. */
  readonly batchSize?: number;
  /** Run on a thread bound to this CPU. */
  readonly cpu?: number;
  readonly netns?: Netns;
}

export interface TestRunResult {
  readonly retval: number;
  /** Nanoseconds per repetition, as the kernel measured. */
  readonly duration: number;
  readonly data: Uint8Array;
  readonly ctx: Uint8Array;
}

export interface TestRunAsyncOptions extends TestRunOptions {
  /** Repetitions per syscall between two looks at the stop flag; default 1048576. */
  readonly chunk?: number;
  /** Total repetitions; 0 or undefined: until stop(). */
  readonly repeat?: number;
}

export interface TestRunAsyncResult extends TestRunResult {
  /** Repetitions that were carried out. */
  readonly repetitions: number;
  /** CPU nanoseconds that the thread used. */
  readonly cpuNs: bigint;
}

/** A test run on a thread of its own. */
export interface TestRunHandle {
  readonly done: Promise<TestRunAsyncResult>;
  /** `done` resolves once the chunk in progress is through. */
  stop(): void;
}

export interface BpfProgram {
  readonly name: string;
  readonly id: number;
  /** BPF_PROG_TYPE_* */
  readonly type: number;
  readonly fd: number;
  /** Of the maps that it uses: BpfMap.openById. */
  readonly mapIds: readonly number[];
  testRun(options: TestRunOptions): TestRunResult;
  testRunAsync(options: TestRunAsyncOptions): TestRunHandle;
  pin(path: string): void;
  close(): void;
}

export interface BpfProgramConstructor {
  openPinned(path: string): BpfProgram;
  /** Of any process, by the number that the kernel lists it under; its name has at most 15 characters then. */
  openById(id: number): BpfProgram;
}

export type Direction = "ingress" | "egress";

export interface LinkInfo {
  /** 0 for clsact, which is no kernel link. */
  readonly id: number;
  readonly programId: number;
  /** 0 once the interface is gone. */
  readonly ifindex: number;
}

/**
 * A program on an interface. close() detaches unless pinned. A clsact attachment is no kernel link: pin() then pins the
 * program and leaves the filter in place at close(); the next start replaces it by priority and handle.
 */
export interface BpfLink {
  readonly kind: "xdp" | "tcx" | "clsact" | "pinned";
  /** -1 for clsact and once closed. */
  readonly fd: number;
  info(): LinkInfo;
  /** Replaces the program without a gap. */
  update(program: BpfProgram): void;
  pin(path: string): void;
  /** Now, whoever else holds the link: a pin that is removed ends it only when the kernel finds the time. */
  detach(): void;
  /** Removes the pin that pin() or openPinned() knows; close() detaches again. Nothing if there is none. */
  unpin(): void;
  close(): void;
}

export interface BpfLinkConstructor {
  /** By BPF_LINK_CREATE (kernel >= 5.9). `mode` never falls back: EOPNOTSUPP if the driver has no XDP. */
  attachXdp(program: BpfProgram, ifindex: number, options: { mode: "native" | "generic"; netns?: Netns }): BpfLink;
  /** Kernel >= 6.6; EINVAL before. Behind programs that are there, or `first` before them. */
  attachTcx(
    program: BpfProgram,
    ifindex: number,
    options: { direction: Direction; first?: boolean; netns?: Netns },
  ): BpfLink;
  /** Makes the clsact qdisc if missing; close() removes the filter, and the qdisc if this made it and it is empty. */
  attachClsact(
    program: BpfProgram,
    ifindex: number,
    options: { direction: Direction; priority?: number; handle?: number; netns?: Netns },
  ): BpfLink;
  openPinned(path: string): BpfLink;
}

/**
 * Records of a BPF_MAP_TYPE_RINGBUF. Per wake-up one Buffer: each record is a u32 length (host order), then its bytes,
 * padded to 8 including the length word. Holds the event loop open until close().
 */
export interface RingBuffer {
  close(): void;
}

export type RingBufferConstructor = new (map: BpfMap, onRecords: (packed: Buffer) => void) => RingBuffer;
