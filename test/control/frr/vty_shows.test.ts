// What zebra and bgpd print, as values. The texts are those of FRR 8.4.4.
import { describe, expect, it } from "vitest";
import type { Vty } from "../../../src/control/frr/vty/index.js";
import {
  askEvpnPeers,
  askMacs,
  askNeighbors,
  askNextHops,
  askRouterMacOf,
  askRoutes,
  askVnis,
  canonicalIp,
} from "../../../src/control/frr/vty/index.js";
import { VtepError } from "../../../src/wire/error.js";

function answering(text: string): Vty & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async lines(command, visit) {
      asked.push(command);
      for (const line of text.split("\n")) visit(line);
    },
    async text(command) {
      asked.push(command);
      return text;
    },
  };
}

const refusing: Vty = {
  lines: () => Promise.reject(new VtepError("frr_refused", "FRR refused it")),
  text: () => Promise.reject(new VtepError("frr_refused", "FRR refused it")),
};

async function rows<T>(ask: (visit: (row: T) => void) => Promise<void>): Promise<T[]> {
  const seen: T[] = [];
  await ask((row) => seen.push(row));
  return seen;
}

describe("lists of zebra", () => {
  it("has MACs, with or without flags and VLAN", async () => {
    const text = `Number of MACs (local and remote) known for this VNI: 3
Flags: N=sync-neighs, I=local-inactive, P=peer-active, X=peer-proxy
MAC               Type   Flags Intf/Remote ES/VTEP            VLAN  Seq #'s
02:aa:00:00:02:01 remote       10.0.0.2                             0/0
02:aa:00:00:01:01 local        acc100                         10    0/0
02:aa:00:00:01:02 local  PI    bond0                                1/0
02:aa:00:00:03:01 remote       03:44:38:39:ff:ff:01:00:00:01        0/0`;
    expect(await rows((visit) => askMacs(answering(text), 100, visit))).toEqual([
      { mac: "02:aa:00:00:02:01", type: "remote", where: "10.0.0.2" },
      { mac: "02:aa:00:00:01:01", type: "local", where: "acc100" },
      { mac: "02:aa:00:00:01:02", type: "local", where: "bond0" },
      { mac: "02:aa:00:00:03:01", type: "remote", where: "03:44:38:39:ff:ff:01:00:00:01" },
    ]);
  });

  it("is refused where a row is not what it should be, and empty for a VNI that zebra does not know", async () => {
    const ask = (vty: Vty) => rows((visit) => askMacs(vty, 100, visit));
    await expect(ask(answering("02:aa:00:00:02:01 teleported 10.0.0.2"))).rejects.toMatchObject({
      code: "frr_nonsense",
    });
    expect(await ask(refusing)).toEqual([]);
  });

  it("has neighbours, with canonical addresses", async () => {
    const text = `Number of ARPs (local and remote) known for this VNI: 2
Flags: I=local-inactive, P=peer-active, X=peer-proxy
Neighbor        Type   Flags State    MAC               Remote ES/VTEP                 Seq #'s
10.1.100.12     remote       active   02:aa:00:00:02:01 10.0.0.2                       0/0
2001:db8::c     local        active   02:aa:00:00:01:01                                0/0`;
    expect(await rows((visit) => askNeighbors(answering(text), 100, visit))).toEqual([
      { address: "10.1.100.12", type: "remote", mac: "02:aa:00:00:02:01" },
      { address: "2001:db8::c", type: "local", mac: "02:aa:00:00:01:01" },
    ]);
  });

  it("has routes with all their next hops, those in the FIB only", async () => {
    const text = `Codes: K - kernel route, B - BGP,
       > - selected route, * - FIB route

VRF red:
B>* 10.1.200.0/24 [200/0] via 10.0.0.2, br5000 onlink, weight 1, 00:03:49
  *                        via 10.0.0.3, br5000 onlink, weight 1, 00:03:49
B>q 10.1.201.0/24 [200/0] via 10.0.0.2, br5000 onlink, weight 1, 00:03:49
B   10.1.202.0/24 [200/0] via 10.0.0.2, br5000 onlink, weight 1, 00:03:49
B>* 2001:db8:0:200::/64 [200/0] via ::ffff:a00:2, br5000 onlink, weight 1, 00:03:49`;
    expect(await rows((visit) => askRoutes(answering(text), "red", "ip", visit))).toEqual([
      { prefix: "10.1.200.0/24", gateways: ["10.0.0.2", "10.0.0.3"], interfaces: ["br5000", "br5000"] },
      { prefix: "2001:db8:0:200::/64", gateways: ["10.0.0.2"], interfaces: ["br5000"] },
    ]);
  });
});

describe("JSON of zebra and bgpd", () => {
  it("has VNIs of both kinds", async () => {
    const l2 = { vni: 100, type: "L2", vxlanIf: "vx100", numMacs: 2, tenantVrf: "red", remoteVteps: ["10.0.0.2"] };
    const l3 = { vni: 5000, type: "L3", vxlanIf: "vx5000", numMacs: 1, numRemoteVteps: "n/a", tenantVrf: "red" };
    const vnis = await askVnis(answering(JSON.stringify({ "100": l2, "5000": l3 })));
    expect(vnis).toEqual([
      { vni: 100, type: "L2", vxlanDevice: "vx100", vrf: "red", remoteVteps: ["10.0.0.2"], macCount: 2 },
      { vni: 5000, type: "L3", vxlanDevice: "vx5000", vrf: "red", remoteVteps: [], macCount: 1 },
    ]);
    await expect(askVnis(answering('{"100":{"vni":"x"}}'))).rejects.toMatchObject({ code: "frr_nonsense" });
  });

  it("has next hops, IPv4-mapped ones as IPv4", async () => {
    const mapped = { nexthopIp: "::ffff:a00:2", routerMac: "02:00:00:00:50:02" };
    const answer = { "5000": { numNextHops: 1, "::ffff:a00:2": mapped } };
    const nextHops = await askNextHops(answering(JSON.stringify(answer)));
    expect(nextHops.get(5000)).toEqual([{ vtep: "10.0.0.2", mac: "02:00:00:00:50:02" }]);
  });

  it("has peers, and none where bgpd is not configured", async () => {
    const peers = { "10.0.0.100": { state: "Established", pfxRcd: 4 }, "10.0.0.101": { state: "Active" } };
    expect(await askEvpnPeers(answering(JSON.stringify({ peers })))).toEqual([
      { name: "10.0.0.100", established: true, prefixes: 4 },
      { name: "10.0.0.101", established: false, prefixes: 0 },
    ]);
    expect(await askEvpnPeers(refusing)).toEqual([]);
    expect(await askEvpnPeers(answering("{}"))).toEqual([]);
  });

  it("has the router MAC of one prefix from one VTEP", async () => {
    const path = (ip: string, mac: string) => ({
      extendedCommunity: { string: `RT:1000:5000 ET:8 Rmac:${mac}` },
      nexthops: [{ ip }],
    });
    const paths = [path("10.0.0.3", "02:00:00:00:50:03"), path("10.0.0.2", "02:00:00:00:50:99")];
    const bgpd = answering(JSON.stringify({ prefix: "10.1.200.0/24", paths }));
    expect(await askRouterMacOf(bgpd, "red", "10.1.200.0/24", "10.0.0.2")).toBe("02:00:00:00:50:99");
    expect(bgpd.asked).toEqual(["show bgp vrf red ipv4 unicast 10.1.200.0/24 json"]);
    expect(await askRouterMacOf(refusing, "red", "10.1.200.0/24", "10.0.0.2")).toBeUndefined();
  });

  it("spells addresses as we do", () => {
    expect(["::ffff:a00:2", "2001:DB8::0:1", "fe80::1%e0", "vtep"].map(canonicalIp)).toEqual([
      "10.0.0.2",
      "2001:db8::1",
      "fe80::1%e0",
      "vtep",
    ]);
  });
});
