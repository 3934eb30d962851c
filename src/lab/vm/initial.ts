/**
 * The first file system of the virtual machine: a busybox, the modules that it takes to mount the host's root read-only
 * with a layer of memory over it, and the command to run there.
 */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { runText } from "../process.js";
import { archive, type Entry, FileType } from "./archive.js";
import type { VmKernel } from "./kernel.js";

const BUSYBOX = "/bin/busybox";
/** What the first file system needs, and what labs need that the kernel does not load by itself. */
const BOOT_MODULES = ["virtio_pci", "virtiofs", "overlay"];
const LAB_MODULES = ["veth", "bridge", "vxlan", "vrf", "bonding", "8021q", "dummy", "tun", "sch_ingress", "cls_bpf"];

export const EXIT_MARK = "vtepd-vm-exit";

const INIT = `#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for module in /modules/*; do insmod $module; done
mount -t virtiofs -o ro host /lower || { echo "the host's root cannot be mounted"; poweroff -f; }
mount -t tmpfs upper /upper; mkdir /upper/files /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work root /newroot
for fs in proc:proc sysfs:sys devtmpfs:dev tmpfs:run bpf:sys/fs/bpf cgroup2:sys/fs/cgroup; do
  mount -t \${fs%%:*} none /newroot/\${fs#*:}
done
mkdir -p /newroot/dev/pts /newroot/dev/shm; mount -t devpts none /newroot/dev/pts; mount -t tmpfs none /newroot/dev/shm
cp /command /newroot/run/command
exec switch_root /newroot /bin/sh /run/command
`;

export async function initialFiles(kernel: VmKernel, folder: string, argv: readonly string[]): Promise<Buffer> {
  const folders = ["bin", "dev", "proc", "sys", "modules", "lower", "upper", "newroot"];
  const modules = await moduleFiles(kernel, BOOT_MODULES);
  const entries: Entry[] = [
    ...folders.map((path) => ({ path, mode: FileType.folder | 0o755 })),
    { path: "dev/console", mode: FileType.characterDevice | 0o600, device: [5, 1] },
    { path: "bin/busybox", mode: FileType.file | 0o755, content: readFileSync(BUSYBOX) },
    { path: "init", mode: FileType.file | 0o755, content: INIT },
    { path: "command", mode: FileType.file | 0o755, content: commandScript(kernel, folder, argv) },
    ...modules.map((file, at) => {
      const path = `modules/${String(at).padStart(2, "0")}.ko`;
      return { path, mode: FileType.file | 0o644, content: readFileSync(file) };
    }),
  ];
  return gzipSync(archive(entries), { level: 1 });
}

/** In the order in which they can be loaded. */
async function moduleFiles({ root, version }: VmKernel, names: readonly string[]): Promise<string[]> {
  const files = new Set<string>();
  for (const name of names) {
    const shown = await runText("modprobe", ["-d", root, "-S", version, "--show-depends", name]);
    for (const [, file] of shown.matchAll(/^insmod (\S+)/gm)) files.add(file ?? "");
  }
  return [...files];
}

/** The second serial line is the command's; what it says last is how the command ended. */
function commandScript({ root }: VmKernel, folder: string, argv: readonly string[]): string {
  const variables = Object.entries(process.env).filter(([name]) => /^(VTEPD_TEST_EFFORT|PATH|HOME)$/.test(name));
  return [
    ...variables.map(([name, value]) => `export ${name}=${quoted(value ?? "")}`),
    "export VTEPD_IN_VM=1",
    "stty -F /dev/ttyS1 -opost",
    "exec >/dev/ttyS1 2>&1 </dev/null",
    "ip link set lo up; hostname vm",
    ...LAB_MODULES.map((name) => `modprobe -d ${quoted(root)} ${name}`),
    `cd ${quoted(folder)} && ${argv.map(quoted).join(" ")}`,
    `echo "${EXIT_MARK} $?"`,
    "sync; echo o > /proc/sysrq-trigger; sleep 60",
  ].join("\n");
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
