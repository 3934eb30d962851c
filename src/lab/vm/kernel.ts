/**
 * A kernel of Debian's for the virtual machine, unpacked in a cache folder beside its modules. Nothing is installed: the
 * package is only fetched, by apt-get, once.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { VtepError } from "../../wire/error.js";
import { runText } from "../process.js";

/** The smallest kernel package that has VRF devices, bonding and VLAN filtering. */
const META_PACKAGE = "linux-image-cloud-amd64";
const DOWNLOAD_TIMEOUT_MS = 300_000;

export interface VmKernel {
  readonly version: string;
  readonly image: string;
  /** Where `lib/modules` is. */
  readonly root: string;
}

const cacheFolder = (): string =>
  process.env.VTEPD_VM_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "vtepd/vm");

export async function vmKernel(): Promise<VmKernel> {
  const cache = cacheFolder();
  mkdirSync(cache, { recursive: true });
  const cached = readdirSync(cache).find((name) => name.startsWith("linux-image-"));
  const root = join(cache, cached ?? (await fetchKernel(cache)));
  const [version] = readdirSync(join(root, "lib/modules"));
  if (version === undefined) throw new VtepError("vm_kernel", `${root} has no kernel: remove that folder`, { root });
  return { version, root, image: join(root, "boot", `vmlinuz-${version}`) };
}

/** Gives the name of the folder. It gets that name when it is complete. */
async function fetchKernel(cache: string): Promise<string> {
  const depends = await runText("apt-cache", ["depends", META_PACKAGE]);
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (name === undefined) throw new VtepError("vm_kernel", `no package '${META_PACKAGE}' in the package lists`);
  const part = join(cache, `part-${process.pid}`);
  try {
    mkdirSync(part);
    const fetch = `cd '${part}' && apt-get -q download '${name}' && dpkg-deb -x ./*.deb tree`;
    await runText("sh", ["-c", fetch], { timeoutMs: DOWNLOAD_TIMEOUT_MS });
    const [version] = readdirSync(join(part, "tree/lib/modules"));
    await runText("depmod", ["-b", join(part, "tree"), version ?? ""], { timeoutMs: DOWNLOAD_TIMEOUT_MS });
    if (!existsSync(join(cache, name))) renameSync(join(part, "tree"), join(cache, name));
    return name;
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}
