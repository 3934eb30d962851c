// Where a result comes from: a number without it is not one.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import os from "node:os";

const textOf = (path) => (existsSync(path) ? readFileSync(path, "utf8").trim() : undefined);

function outputOf(program, ...args) {
  try {
    return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
      .trim()
      .split("\n")[0];
  } catch {
    return undefined;
  }
}

export function machine() {
  return {
    cpu: os.cpus()[0]?.model,
    cpus: os.cpus().length,
    hypervisor: /^flags.*\bhypervisor\b/m.test(readFileSync("/proc/cpuinfo", "utf8")),
    memoryGigabytes: Math.round(os.totalmem() / 2 ** 30),
    kernel: `${os.release()} ${os.version()}`,
    spectreV2: textOf("/sys/devices/system/cpu/vulnerabilities/spectre_v2"),
    bpfJit: textOf("/proc/sys/net/core/bpf_jit_enable"),
    node: process.version,
    iproute2: outputOf("ip", "-V"),
    openvswitch: outputOf("ovs-vswitchd", "--version"),
    iperf3: outputOf("iperf3", "--version"),
    commit: outputOf("git", "-C", import.meta.dirname, "rev-parse", "--short", "HEAD"),
    loadAverage: os.loadavg().map((load) => Number(load.toFixed(2))),
  };
}
