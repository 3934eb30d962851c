import type { Netns } from "./bpf.js";

/** Types of the addon's plain functions: what Node cannot ask the kernel. Implemented in native/system_*.cc. */

export type EthtoolFeature =
  | "tso"
  | "gso"
  | "gro"
  | "tx-checksum"
  | "rx-checksum"
  | "scatter-gather"
  | "tx-vlan"
  | "rx-vlan";

export type CapabilityName = "CAP_NET_ADMIN" | "CAP_NET_RAW" | "CAP_BPF" | "CAP_PERFMON" | "CAP_SYS_ADMIN";

/** A bpffs folder. `path` works for pin(), openPinned() and node:fs in this process, whatever its mount namespace. */
export interface BpffsFolder {
  readonly path: string;
  /** False if a bpffs was mounted there already. */
  readonly mounted: boolean;
  /** True if it stands in PID 1's mount namespace. */
  readonly initial: boolean;
  /** True also in that of a process that started us; false in our own, with which it may go. */
  readonly lasting: boolean;
  /** Closes the reference, not the mount; `path` is then dead. */
  close(): void;
}

export interface SystemFunctions {
  /** Throws ENODEV if there is none. */
  interfaceIndex(name: string, netns?: Netns): number;
  interfaceName(ifindex: number, netns?: Netns): string;
  /** All of the namespace. */
  interfaceNames(netns?: Netns): string[];
  ethtoolGetFeatures(name: string, netns?: Netns): Record<EthtoolFeature, boolean>;
  /** True if the feature is in the wanted state afterwards: some devices refuse silently. */
  ethtoolSetFeature(name: string, feature: EthtoolFeature, on: boolean, netns?: Netns): boolean;
  /** Driver name: "veth", "virtio_net", "mlx5_core"; "" for devices that have none. */
  ethtoolDriver(name: string, netns?: Netns): string;
  /** Unsigned 32-bit count of 100 ms since boot, the clock of the tables. Costs no system call. */
  monotonicCoarseTicks(): number;
  /** CPUs that may ever exist: the length of per-CPU values. */
  possibleCpus(): number;
  /** Binds the calling thread (a worker: that worker) to a CPU. */
  setAffinity(cpu: number): void;
  /** Effective ones of the capabilities that vtepd asks for. */
  capabilities(): CapabilityName[];
  /** For tests and lab tools only: moves the calling thread; Node's pool threads stay where they are. */
  enterNetns(netns: string | number): void;
  /** Mounts a bpffs at `path` (made if missing) in the mount namespace of PID 1, where it outlives us and `ip netns exec`. */
  mountBpffs(path: string): BpffsFolder;
  /** The same, where there is one; makes and mounts nothing. */
  findBpffs(path: string): BpffsFolder | undefined;
  /** sd_notify: "READY=1", "RELOADING=1", "STATUS=…". False without NOTIFY_SOCKET. */
  notifySystemd(state: string): boolean;
  /** Can TCX links be made? (kernel >= 6.6) Tried on the loopback of a namespace made for it, and so for the next. */
  probeTcx(): boolean;
  /** Can XDP be attached by link? (kernel >= 5.9) */
  probeXdpLink(): boolean;
  /** Can AF_XDP sockets be opened? */
  probeXsk(): boolean;
  /** Do hash maps have batch operations? (kernel >= 5.6) */
  probeMapBatch(): boolean;
  /** Does this interface's driver take XDP? Attaches XDP_PASS for a moment, which may reset a NIC's queues. */
  probeXdp(ifindex: number, mode: "native" | "generic", netns?: Netns): boolean;
}
