/**
 * A virtual machine with Debian's kernel, for what the kernel at hand has not: VRF devices, bonds, VLAN filtering. It
 * sees the host's files, read-only, so every program is there; what it writes is gone when it ends. The processor is
 * emulated, so nothing that happens inside says anything about speed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { VtepError } from "../../wire/error.js";
import { ended, stop } from "../process.js";
import { EXIT_MARK, initialFiles } from "./initial.js";
import { type VmKernel, vmKernel } from "./kernel.js";

const EMULATOR = "qemu-system-x86_64";
/** Of QEMU itself, and the one that took its place. */
const FILE_SERVERS = ["/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd"];
const MEMORY_MIB = 3072;
const PROCESSORS = 2;
const SERVER_TIMEOUT_MS = 5_000;
const POLL_MS = 20;
const CONSOLE_TAIL_LINES = 30;

export interface VmResult {
  readonly code: number;
  readonly output: string;
}

/** What the virtual machine needs and this machine has not. */
export function missingForVm(): string[] {
  const isOnPath = (name: string) =>
    [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"].some((one) => existsSync(join(one, name)));
  const programs = [EMULATOR, "apt-get", "dpkg-deb", "modprobe", "depmod"].filter((name) => !isOnPath(name));
  return [
    ...(process.arch === "x64" ? [] : ["an x86-64 machine"]),
    ...programs,
    ...(fileServer() === undefined ? ["virtiofsd"] : []),
    ...(existsSync("/bin/busybox") ? [] : ["busybox-static"]),
  ];
}

const fileServer = (): string | undefined => FILE_SERVERS.find((file) => existsSync(file));

/** Runs a command as root in `folder`; `print` hears what it says as it says it. */
export async function runInVm(
  folder: string,
  argv: readonly string[],
  timeoutMs: number,
  print: (text: string) => void = () => {},
): Promise<VmResult> {
  const missing = missingForVm();
  if (missing.length > 0) throw new VtepError("vm_missing", `the virtual machine needs ${missing.join(" and ")}`);
  const kernel = await vmKernel();
  const home = mkdtempSync(join(tmpdir(), "vtepd-vm-"));
  const children: ChildProcess[] = [];
  try {
    const initial = join(home, "initial");
    writeFileSync(initial, await initialFiles(kernel, folder, argv));
    children.push(await serveFiles(home));
    const machine = spawn(EMULATOR, options(kernel, home, initial), { stdio: ["ignore", "pipe", "pipe"] });
    children.push(machine);
    return await listen(machine, home, timeoutMs, print);
  } finally {
    await Promise.all(children.map((child) => stop(child)));
    rmSync(home, { recursive: true, force: true });
  }
}

async function serveFiles(home: string): Promise<ChildProcess> {
  const program = fileServer() ?? "";
  const socket = join(home, "files");
  const isOfQemu = program.startsWith("/usr/lib/qemu");
  const source = isOfQemu
    ? ["-f", "-o", "source=/", "-o", "cache=always", "-o", "sandbox=chroot", "-o", "xattr"]
    : ["--shared-dir=/", "--cache=always", "--sandbox=chroot", "--xattr"];
  const child = spawn(program, [`--socket-path=${socket}`, ...source], { stdio: "ignore" });
  const deadline = Date.now() + SERVER_TIMEOUT_MS;
  while (!existsSync(socket)) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop(child);
      throw new VtepError("vm_files", `${program} does not serve the host's files`);
    }
    await delay(POLL_MS);
  }
  return child;
}

/** PERF: KVM would be faster, but some hosts' KVM runs only kernels made for it (pvm), and hangs with this one. */
function options({ image }: VmKernel, home: string, initial: string): string[] {
  return [
    ...["-M", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", String(MEMORY_MIB), "-smp", String(PROCESSORS)],
    ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
    ...["-object", `memory-backend-memfd,id=memory,size=${MEMORY_MIB}M,share=on`, "-numa", "node,memdev=memory"],
    ...["-kernel", image, "-initrd", initial],
    ...["-append", "console=ttyS0 quiet panic=-1 tsc=reliable mitigations=off net.ifnames=0"],
    ...["-serial", `file:${join(home, "console")}`, "-serial", "stdio"],
    ...["-chardev", `socket,id=files,path=${join(home, "files")}`],
    ...["-device", "vhost-user-fs-pci,chardev=files,tag=host"],
  ];
}

async function listen(
  machine: ChildProcess,
  home: string,
  timeoutMs: number,
  print: (text: string) => void,
): Promise<VmResult> {
  const spoken: string[] = [];
  const errors: string[] = [];
  if (machine.stdout !== null)
    createInterface({ input: machine.stdout }).on("line", (line) => {
      spoken.push(`${line}\n`);
      if (!line.startsWith(EXIT_MARK)) print(`${line}\n`);
    });
  machine.stderr?.setEncoding("utf8").on("data", (text: string) => errors.push(text));
  const timer = setTimeout(() => machine.kill("SIGKILL"), timeoutMs);
  await ended(machine);
  clearTimeout(timer);
  const [output, code] = spoken.join("").split(`${EXIT_MARK} `);
  if (output !== undefined && code !== undefined) return { code: Number.parseInt(code, 10), output };
  const why = machine.signalCode === null ? "ended" : `was ended after ${timeoutMs / 1000} s`;
  const text = [output ?? "", ...errors, consoleTail(home)].join("\n");
  throw new VtepError("vm_failed", `the virtual machine ${why} before its command did:\n${text}`);
}

function consoleTail(home: string): string {
  const file = join(home, "console");
  return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n").slice(-CONSOLE_TAIL_LINES).join("\n") : "";
}
