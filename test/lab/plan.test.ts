import { describe, expect, it } from "vitest";
import { batches } from "../../src/lab/command.js";
import { parseLab } from "../../src/lab/load.js";
import { macOf, plan, withVariant } from "../../src/lab/plan.js";

const LAB = parseLab(
  `
title: one VTEP
nodes:
  h1: { kind: host, interfaces: { eth0: { vlans: { 10: { addresses: [10.0.0.1/24] } } } } }
  sw: { kind: switch, interfaces: { p1: { wrongEthertype: true } } }
  v1:
    kind: vtepd
    interfaces: { up0: { mtu: 1550, addresses: ["2001:db8::1/64"], offloads: { tx: false } } }
    routes: [10.9.0.0/16 via inet6 fe80::1 dev up0]
    config:
      vtep: { address: 10.255.0.1, underlay: [up0], tos: 184, sourcePorts: [50000, 50999] }
      bridgeDomains: [{ name: red, vni: 100 }]
      ports: [{ interface: eth1, vlan: 10, bridgeDomain: red, isolated: true }]
      control:
        mode: static
        static:
          vteps: [{ address: 10.255.0.2, bridgeDomains: [red] }, { address: 10.255.0.3, bridgeDomains: [other] }]
          fdb: [{ bridgeDomain: red, mac: "02:00:00:00:00:22", vtep: 10.255.0.2 }]
links: [[h1:eth0, v1:eth1], [v1:up0, sw:p1]]
expect: [{ ping: { between: [h1] } }]
`,
  "lab.yaml",
);

const lines = (variant: "kernel" | "ebpf") =>
  plan(withVariant(LAB, variant), {
    namespaceOf: (node) => `ns-${node}`,
    dot1qObject: "dot1q.o",
    wrongEthertypeObject: "wrong.o",
  }).map(({ tool, node, words }) => `${node ?? ""}> ${tool} ${words.join(" ")}`);

describe("plan", () => {
  it("makes namespaces first and routes last", () => {
    const all = lines("ebpf");
    expect(all[0]).toBe("> ip netns add ns-h1");
    expect(all.at(-1)).toBe("v1> ip route replace 10.9.0.0/16 via inet6 fe80::1 dev up0");
  });

  it("joins interfaces by veth, with known MAC addresses and MTU on either end", () => {
    expect(lines("ebpf")).toContain(
      "> ip link add name up0 netns ns-v1 address 02:00:00:00:03:02 mtu 1550 " +
        "type veth peer name p1 netns ns-sw address 02:00:00:00:02:01",
    );
    expect(macOf(LAB, "v1", "up0")).toBe("02:00:00:00:03:02");
  });

  it("gives a trunk and the inner ends of its VLANs the indexes that the eBPF program computes with", () => {
    const all = lines("ebpf");
    expect(all.find((line) => line.includes("name eth0 netns ns-h1"))).toContain("index 1000");
    expect(all).toContain("h1> ip link add eth0.10i index 10010 type veth peer name eth0.10");
    expect(all.filter((line) => line.includes("obj dot1q.o sec tc"))).toHaveLength(2);
  });

  it("spoils what leaves a switch where the lab says so", () => {
    const spoilers = lines("ebpf").filter((line) => line.includes("wrong.o"));
    expect(spoilers).toEqual(["sw> tc filter add dev p1 egress bpf direct-action obj wrong.o sec tc"]);
  });

  it("leaves the VTEP to vtepd", () => {
    expect(lines("ebpf").some((line) => line.includes("vxlan"))).toBe(false);
    expect(lines("ebpf").find((line) => line.includes("ethtool"))).toBe("v1> ethtool -K up0 tx off");
  });

  it("skips duplicate address detection for IPv6", () => {
    expect(lines("ebpf")).toContain("v1> ip addr add 2001:db8::1/64 dev up0 nodad");
  });
});

describe("the kernel's VTEP from the same configuration", () => {
  const all = lines("kernel");
  const find = (part: string) => all.filter((line) => line.includes(part));

  it("has the outer header of the configuration; the upper source port is exclusive, TOS hexadecimal", () => {
    expect(find("type vxlan")[0]).toMatch(
      /id 100 local 10.255.0.1 dstport 4789 srcport 50000 51000 ttl 64 tos b8 df unset/,
    );
  });

  it("floods to the VTEPs of the bridge domain only", () => {
    expect(find("fdb append")).toEqual(["v1> bridge fdb append 00:00:00:00:00:00 dev vx100 dst 10.255.0.2 permanent"]);
  });

  it("writes a static MAC into the bridge and the vxlan device", () => {
    expect(find("02:00:00:00:00:22")).toHaveLength(2);
  });

  it("makes a tagged port a sub-interface of the bridge", () => {
    expect(find("eth1.10 addrgenmode none master br-red")).toHaveLength(1);
    expect(find("dev eth1.10 isolated on")).toHaveLength(1);
  });

  it("does not learn from tunnels unless told to", () => {
    expect(find("nolearning")).toHaveLength(1);
    expect(find("dev vx100 learning off")).toHaveLength(1);
  });
});

describe("batches", () => {
  it("puts lines of one tool and node together, in order", () => {
    const commands = [
      { tool: "ip", node: "a", words: ["one"] },
      { tool: "ip", node: "a", words: ["two"] },
      { tool: "tc", node: "a", words: ["three"] },
      { tool: "ip", node: "b", words: ["four"] },
      { tool: "sysctl", node: "b", words: ["five"] },
      { tool: "sysctl", node: "b", words: ["six"] },
    ] as const;
    expect(batches(commands).map(({ lines: of }) => of)).toEqual([
      ["one", "two"],
      ["three"],
      ["four"],
      ["five"],
      ["six"],
    ]);
  });
});
