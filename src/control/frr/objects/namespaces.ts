// Network namespaces by name, as `ip netns` has them. Injected: control runs no programs and opens no descriptors.

export interface NamespaceHandle {
  /** For IFLA_NET_NS_FD. */
  readonly fd: number;
  close(): void;
}

export interface Namespaces {
  /** Makes it if there is none; true where it did. */
  ensure(name: string): Promise<boolean>;
  remove(name: string): Promise<void>;
  open(name: string): NamespaceHandle;
  /** Tells namespaces apart that bear one name after another; undefined: there is none of the name. */
  identity(name: string): string | undefined;
  /** Calls back when names come or go; returns the end of it. */
  watch(changed: () => void): () => void;
}
