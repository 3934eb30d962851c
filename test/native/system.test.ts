import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  BpfMap,
  capabilities,
  ethtoolDriver,
  ethtoolGetFeatures,
  ethtoolSetFeature,
  interfaceIndex,
  interfaceName,
  monotonicCoarseTicks,
  mountBpffs,
  notifySystemd,
  possibleCpus,
  probeMapBatch,
  probeTcx,
  probeXdp,
  probeXdpLink,
  probeXsk,
} from "../../src/native/index.js";
import { Namespace, root, until } from "./lab.js";

describe("system functions", () => {
  it("1 finds interfaces by name and index", () => {
    expect(interfaceIndex("lo")).toBe(1);
    expect(interfaceName(1)).toBe("lo");
    expect(() => interfaceIndex("nowhere0")).toThrow(expect.objectContaining({ code: "ENODEV" }));
    expect(() => interfaceName(99999)).toThrow(expect.objectContaining({ code: "ENXIO" }));
    expect(() => interfaceIndex("lo", "/run/netns/nowhere")).toThrow(/open network namespace/);
  });

  it("2 counts CPUs and time", () => {
    expect(possibleCpus()).toBeGreaterThan(0);
    const seconds = Number(process.hrtime.bigint() / 1_000_000_000n);
    expect(Math.abs(monotonicCoarseTicks() / 10 - seconds)).toBeLessThan(5);
  });

  it("3 tells systemd, if it listens", async () => {
    const before = process.env.NOTIFY_SOCKET;
    const folder = mkdtempSync(join(tmpdir(), "vtepd-notify-"));
    try {
      delete process.env.NOTIFY_SOCKET;
      expect(notifySystemd("READY=1")).toBe(false);
      process.env.NOTIFY_SOCKET = join(folder, "socket");
      expect(() => notifySystemd("READY=1")).toThrow(expect.objectContaining({ code: "ENOENT" }));
      // Node has no datagram unix sockets, hence the addon's function, and hence Python here.
      const script = [
        "import socket, sys",
        "listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)",
        "listener.bind(sys.argv[1])",
        "print('bound', flush=True)",
        "print(listener.recv(100).decode(), flush=True)",
      ].join("\n");
      const listener = spawn("python3", ["-c", script, process.env.NOTIFY_SOCKET], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let output = "";
      listener.stdout.on("data", (text) => {
        output += text;
      });
      await until(() => output === "bound\n", "the listener");
      expect(notifySystemd("STATUS=forwarding\nREADY=1")).toBe(true);
      await until(() => output === "bound\nSTATUS=forwarding\nREADY=1\n", "the notification");
    } finally {
      if (before === undefined) delete process.env.NOTIFY_SOCKET;
      else process.env.NOTIFY_SOCKET = before;
      rmSync(folder, { recursive: true });
    }
  });
});

describe.skipIf(!root)("system functions (need root)", () => {
  it("4 knows its capabilities", () => {
    expect(capabilities()).toEqual(expect.arrayContaining(["CAP_NET_ADMIN", "CAP_BPF", "CAP_NET_RAW"]));
  });

  it("5 reads and sets offloads in another namespace", () => {
    const namespace = new Namespace();
    namespace.veth("va", "vb");
    expect(ethtoolDriver("va", namespace.path)).toBe("veth");
    expect(ethtoolGetFeatures("va", namespace.path)).toMatchObject({ tso: true, gso: true, "tx-checksum": true });
    for (const feature of ["tso", "tx-checksum", "tx-vlan"] as const) {
      expect(ethtoolSetFeature("va", feature, false, namespace.path)).toBe(true);
      expect(ethtoolGetFeatures("va", namespace.path)[feature]).toBe(false);
    }
    expect(ethtoolSetFeature("va", "gro", true, namespace.path)).toBe(true);
    expect(() => ethtoolGetFeatures("nowhere0", namespace.path)).toThrow(expect.objectContaining({ code: "ENODEV" }));
    expect(() => ethtoolSetFeature("va", "nonsense" as "tso", true, namespace.path)).toThrow(/unknown feature/);
    namespace.remove();
  });

  it("6 mounts a bpffs where processes in other mount namespaces can use it", () => {
    const parent = mkdtempSync(join(tmpdir(), "vtepd-bpffs-"));
    const path = join(parent, "sub", "bpf");
    const folder = mountBpffs(path);
    expect(folder.mounted).toBe(true);
    const again = mountBpffs(path);
    expect(again.mounted).toBe(false);
    const map = BpfMap.create({ type: 2, keySize: 4, valueSize: 4, maxEntries: 1, name: "pinned" });
    map.pin(`${folder.path}/map`);
    expect(readdirSync(again.path)).toContain("map");
    expect(BpfMap.openPinned(`${again.path}/map`).id).toBe(map.id);
    map.close();
    for (const reference of [folder, again, again]) reference.close();
    expect(existsSync(`${folder.path}/map`)).toBe(false);
    execFileSync("nsenter", [...(folder.initial ? ["-t", "1", "-m"] : ["-t", `${process.pid}`, "-m"]), "umount", path]);
    rmdirSync(path);
    rmdirSync(join(parent, "sub"));
    rmdirSync(parent);
  });

  it("7 probes the kernel without traces", () => {
    const namespace = new Namespace();
    namespace.veth("va", "vb");
    const ifindex = interfaceIndex("va", namespace.path);
    for (const answer of [probeTcx(), probeXdpLink(), probeXsk(), probeMapBatch()])
      expect(typeof answer).toBe("boolean");
    expect(probeXdp(ifindex, "native", namespace.path)).toBe(true);
    expect(probeXdp(1, "native", namespace.path)).toBe(false);
    expect(namespace.ip("link", "show", "va")).not.toContain("xdp");
    namespace.remove();
  });
});
