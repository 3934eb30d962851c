// Debian packages: what each is needed for, and how to see that it is there without asking dpkg, so that this also
// works where the tools came from somewhere else.
import { existsSync } from "node:fs";
import { findProgram, run } from "./process.mjs";
import { SetupError } from "./report.mjs";

const program = (name) => () => findProgram(name) !== undefined;
const header = (name) => () => existsSync(`/usr/include/${name}`);

/** To build. */
const BUILD = [
  { name: "g++", present: program("g++") },
  { name: "make", present: program("make") },
  { name: "python3", present: program("python3") }, // node-gyp is written in it
  { name: "pkg-config", present: program("pkg-config") },
  { name: "clang", present: program("clang") },
  { name: "libbpf-dev", present: header("bpf/libbpf.h") },
  { name: "libelf-dev", present: header("gelf.h") },
  { name: "zlib1g-dev", present: header("zlib.h") },
  { name: "linux-libc-dev", present: header("linux/bpf.h") },
  { name: "bpftool", present: program("bpftool") }, // the C and TypeScript layouts are compared through BTF
];

/** To run labs; only root can. */
const LAB = [
  { name: "iproute2", present: program("ip") },
  { name: "iputils-ping", present: program("ping") },
  { name: "tcpdump", present: program("tcpdump") },
  { name: "ethtool", present: program("ethtool") },
];

/**
 * For labs with EVPN and for vtepd in mode frr. Where there is systemd, installing it also starts its service, with no
 * routing protocol switched on; labs run FRR in namespaces of their own, and `systemctl disable --now frr` harms none.
 */
const EVPN = [
  { name: "frr", present: () => existsSync("/usr/lib/frr/zebra") },
  { name: "gobgpd", present: program("gobgpd") }, // an independent speaker in the interop lab
];

function installer(packages) {
  const command = ["apt-get", "install", "-y", "--no-install-recommends", ...packages];
  if (process.getuid() === 0) return command;
  // Without a terminal sudo could only wait for a password that nobody types.
  if (findProgram("sudo") && process.stdin.isTTY) return ["sudo", ...command];
  throw new SetupError(`Packages are missing. Run this, then try again:\n  sudo ${command.join(" ")}`);
}

async function install(packages) {
  if (!findProgram("apt-get")) {
    throw new SetupError(
      `Install what Debian calls: ${packages.join(" ")} (there is no apt-get here), then try again.`,
    );
  }
  const command = installer(packages);
  const apt = command.slice(0, command.indexOf("install"));
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const options = { env, inherit: command[0] === "sudo" };
  try {
    await run(command[0], command.slice(1), options);
  } catch {
    // Mostly: no package lists yet, or stale ones.
    await run(apt[0], [...apt.slice(1), "update"], {
      ...options,
      advice: "Check the network and /etc/apt/sources.list.",
    });
    const advice = `Install by hand, then try again:\n  ${command.join(" ")}`;
    await run(command[0], command.slice(1), { ...options, advice });
  }
}

const missingOf = (packages) => packages.filter(({ present }) => !present()).map(({ name }) => name);

export async function installPackages(report) {
  const isRoot = process.getuid() === 0;
  const missing = missingOf(isRoot ? [...BUILD, ...LAB] : BUILD);
  if (missing.length > 0) {
    report.say(`installing Debian packages: ${missing.join(" ")}`);
    await install(missing);
  }
  const evpn = isRoot ? await installEvpn(report) : 0;
  const count = missing.length + evpn;
  return count === 0 ? undefined : `${count} installed`;
}

/** By itself, since everything else works without it. */
async function installEvpn(report) {
  const missing = missingOf(EVPN);
  if (missing.length === 0) return 0;
  report.say(`installing Debian packages: ${missing.join(" ")}`);
  try {
    await install(missing);
    return missing.length;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    report.say(`note: ${missing.join(" ")} could not be installed; labs with EVPN are skipped without it`);
    return 0;
  }
}
