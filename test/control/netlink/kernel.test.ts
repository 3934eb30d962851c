import { closeSync, openSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  AddressFlag,
  encodeDeleteAddress,
  encodeDeleteLink,
  encodeDeleteNeighbor,
  encodeDumpAddresses,
  encodeDumpLinks,
  encodeDumpNeighbors,
  encodeDumpNexthops,
  encodeDumpRoutes,
  encodeGetLink,
  encodeGetNeighbor,
  encodeGetRoute,
  encodeNewAddress,
  encodeNewBridge,
  encodeNewNeighbor,
  encodeNewVeth,
  encodeNewVxlan,
  encodeSetBridgePort,
  encodeSetLink,
  formatIp,
  type NetlinkClient,
  type NetlinkObject,
  parseIp,
  refusedWith,
} from "../../../src/control/netlink/index.js";
import { Namespace, titled, unavailable } from "./kernel.js";

function ip(text: string): Uint8Array {
  return parseIp(text) ?? new Uint8Array();
}

async function collect(client: NetlinkClient, dump: Uint8Array): Promise<NetlinkObject[]> {
  const objects: NetlinkObject[] = [];
  await client.dump(dump, (object) => objects.push(object));
  return objects;
}

const errnoOf = (promise: Promise<unknown>) => promise.then(() => "done", refusedWith);

describe.skipIf(unavailable !== null)(titled("netlink with the kernel"), () => {
  let namespace: Namespace;
  let client: NetlinkClient;

  async function ifindexOf(name: string): Promise<number> {
    const answer = await client.get(encodeGetLink(name));
    return answer.kind === "link" ? answer.link.ifindex : 0;
  }

  beforeEach(() => {
    namespace = new Namespace();
    client = namespace.open();
  });

  afterEach(() => {
    namespace.remove();
  });

  it("makes and removes the external vxlan device", async () => {
    const request = encodeNewVxlan("vtepd-gro", { udpPort: 4789, learning: false, external: true }, true);
    await client.execute(request);
    expect(namespace.read("-d link show vtepd-gro")).toMatch(
      /<.*\bUP\b.*>[\s\S]*vxlan external.*dstport 4789 nolearning/,
    );
    expect(await errnoOf(client.execute(request))).toBe("EEXIST");
    const answer = await client.get(encodeGetLink("vtepd-gro"));
    expect(answer).toMatchObject({ kind: "link", link: { kind: "vxlan", vxlan: { external: true, udpPort: 4789 } } });
    await client.execute(encodeDeleteLink(await ifindexOf("vtepd-gro")));
    expect(await errnoOf(client.get(encodeGetLink("vtepd-gro")))).toBe("ENODEV");
  });

  it("makes a veth pair and changes its MTU, MAC, state and master", async () => {
    await client.execute(encodeNewVeth("v0", { name: "v1" }));
    namespace.ip("link add br0 type bridge");
    const ifindex = await ifindexOf("v0");
    const mac = Uint8Array.of(2, 0, 0, 0, 0, 5);
    await client.execute(encodeSetLink(ifindex, { up: true, mtu: 9000, mac, master: await ifindexOf("br0") }));
    const link = {
      mtu: 9000,
      mac: "02:00:00:00:00:05",
      kind: "veth",
      slaveKind: "bridge",
      link: await ifindexOf("v1"),
    };
    expect(await client.get(encodeGetLink("v0"))).toMatchObject({ link });
    await client.execute(encodeSetLink(ifindex, { up: false, master: 0 }));
    expect(await client.get(encodeGetLink("v0"))).toMatchObject({ link: { master: 0, slaveKind: null } });
  });

  it("makes a bridge, and reads how it and its port are set", async () => {
    const mac = Uint8Array.of(2, 0, 0, 0, 0, 7);
    await client.execute(encodeNewBridge("br0", mac, { multicastSnooping: false }));
    await client.execute(encodeNewVeth("v0", { name: "v1" }));
    const [bridge, port] = [await ifindexOf("br0"), await ifindexOf("v0")];
    await client.execute(encodeSetLink("br0", { alias: "vtepd", addressGeneration: 1 }));
    await client.execute(encodeSetLink(bridge, { up: true }));
    await client.execute(encodeSetLink(port, { master: bridge, up: true }));
    const bridgePort = { state: 0, learning: false, neighborSuppression: true, unicastFlood: false };
    await client.execute(encodeSetBridgePort(port, bridgePort));
    expect(await client.get(encodeGetLink("br0"))).toMatchObject({
      link: { mac: "02:00:00:00:00:07", alias: "vtepd", addressGeneration: 1, bridge: { multicastSnooping: false } },
    });
    expect(await client.get(encodeGetLink("v0"))).toMatchObject({
      link: { master: bridge, bridgePort: { ...bridgePort, multicastFlood: true, broadcastFlood: true } },
    });
    expect(namespace.read("address show dev br0")).not.toContain("inet6");
  });

  it("hears how others set a bridge's port", async () => {
    namespace.ip("link add br0 type bridge", "link add v0 type veth peer name v1", "link set v0 master br0");
    const heard: NetlinkObject[] = [];
    client.onNotification((object) => heard.push(object));
    namespace.bridge("link set dev v0 learning off");
    await vi.waitFor(() =>
      expect(heard).toContainEqual(
        expect.objectContaining({
          kind: "bridgePort",
          link: expect.objectContaining({ name: "v0", bridgePort: expect.objectContaining({ learning: false }) }),
        }),
      ),
    );
  });

  it("makes a vxlan device in another namespace, whose socket stays in ours", async () => {
    const other = new Namespace();
    const fd = openSync(`/run/netns/${other.name}`, "r");
    try {
      const vxlan = { vni: 100, udpPort: 14789, learning: false, local: ip("10.0.0.1") };
      await client.execute(encodeNewVxlan("vx100", vxlan, true, fd));
      expect(other.read("-d link show vx100")).toMatch(/<.*\bUP\b.*>[\s\S]*vxlan id 100 local 10\.0\.0\.1/);
      expect(namespace.exec("ss", "-Huln")).toContain(":14789");
      expect(other.exec("ss", "-Huln")).toBe("");
    } finally {
      closeSync(fd);
      other.remove();
    }
  });

  it("adds and removes addresses", async () => {
    await client.execute(encodeNewVeth("v0", { name: "v1" }));
    const ifindex = await ifindexOf("v0");
    await client.execute(encodeSetLink(ifindex, { up: true }));
    const inet = { ifindex, address: ip("10.0.0.1"), prefixLength: 24 };
    const inet6 = { ifindex, address: ip("2001:db8::1"), prefixLength: 64 };
    for (const address of [inet, inet6]) {
      await client.execute(encodeNewAddress({ ...address, flags: AddressFlag.noDad, protocol: 200 }));
      expect(await errnoOf(client.execute(encodeNewAddress(address)))).toBe("EEXIST");
    }
    const dumped = (await collect(client, encodeDumpAddresses(0))).filter(
      (object) => object.kind === "address" && object.address.protocol === 200,
    );
    expect(dumped).toMatchObject([{ address: inet }, { address: inet6 }]);
    for (const address of [inet, inet6]) await client.execute(encodeDeleteAddress(address));
    expect(await errnoOf(client.execute(encodeDeleteAddress(inet)))).toBe("EADDRNOTAVAIL");
  });

  it("hears of what others change", async () => {
    const heard: NetlinkObject[] = [];
    client.onNotification((object) => heard.push(object));
    namespace.ip(
      "link add v0 type veth peer name v1",
      "link set v0 up",
      "link set v1 up",
      "addr add 10.0.0.1/24 dev v0",
    );
    namespace.ip(
      "route add 10.1.0.0/16 via 10.0.0.2",
      "nexthop add id 5 via 10.0.0.2 dev v0",
      "rule add from 10.0.0.1",
    );
    namespace.ip("neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev v0", "link del v0");
    await vi.waitFor(() => expect(heard.some((object) => object.kind === "link" && object.removed)).toBe(true));
    expect(new Set(heard.map((object) => object.kind))).toEqual(
      new Set(["link", "address", "route", "nexthop", "rule", "neighbor"]),
    );
    expect(client.counters.malformed).toBe(0);
  });

  it("dumps every table", async () => {
    namespace.ip(
      "link add v0 type veth peer name v1",
      "link set v0 up",
      "link set v1 up",
      "addr add 10.0.0.1/24 dev v0",
    );
    namespace.ip("nexthop add id 5 via 10.0.0.2 dev v0", "route add 10.1.0.0/16 nhid 5 table 1001");
    namespace.ip("neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev v0 nud permanent");
    const names = (await collect(client, encodeDumpLinks())).map(
      (object) => object.kind === "link" && object.link.name,
    );
    expect(names.sort()).toEqual(["lo", "v0", "v1"]);
    const routes = await collect(client, encodeDumpRoutes(2, 1001));
    expect(routes).toMatchObject([{ kind: "route", route: { table: 1001, nexthopId: 5, prefixLength: 16 } }]);
    expect(await collect(client, encodeDumpNexthops())).toMatchObject([{ kind: "nexthop", nexthop: { id: 5 } }]);
    const addresses = await collect(client, encodeDumpAddresses(2));
    const texts = addresses.map((object) => object.kind === "address" && formatIp(object.address.address ?? ip("::")));
    expect(texts.sort()).toEqual(["10.0.0.1", "127.0.0.1"]);
    const neighbors = await collect(client, encodeDumpNeighbors(2, { ifindex: await ifindexOf("v0") }));
    expect(neighbors).toMatchObject([{ kind: "neighbor", neighbor: { state: 0x80 } }]);
  });

  it("asks for routes, and hears why there is none", async () => {
    namespace.ip(
      "link add v0 type veth peer name v1",
      "link set v0 up",
      "link set v1 up",
      "addr add 10.0.0.1/24 dev v0",
    );
    namespace.ip(
      "route add 10.1.0.0/16 nexthop via 10.0.0.2 nexthop via 10.0.0.3",
      "route add unreachable 10.2.0.0/16",
    );
    const query = (destination: string, fibMatch: boolean) =>
      client.get(encodeGetRoute({ destination: ip(destination), source: ip("10.0.0.1"), udpPort: 4789, fibMatch }));
    const all = await query("10.1.0.1", true);
    expect(all.kind === "route" && all.route.nexthops).toHaveLength(2);
    const one = await query("10.1.0.1", false);
    expect(one.kind === "route" && one.route.nexthops).toHaveLength(1);
    expect(await errnoOf(query("10.2.0.1", true))).toBe("EHOSTUNREACH");
    expect(await errnoOf(query("10.3.0.1", true))).toBe("ENETUNREACH");
  });

  it("writes neighbours, a managed one included", async () => {
    namespace.ip(
      "link add v0 type veth peer name v1",
      "link set v0 up",
      "link set v1 up",
      "addr add 10.0.0.1/24 dev v0",
    );
    const ifindex = await ifindexOf("v0");
    const entry = { family: 2, ifindex, destination: ip("10.0.0.2"), linkLayer: Uint8Array.of(2, 0, 0, 0, 0, 2) };
    await client.execute(encodeNewNeighbor({ ...entry, state: 0x80, protocol: 200 }, "create"));
    const answer = await client.get(encodeGetNeighbor(ifindex, entry.destination));
    expect(answer).toMatchObject({ kind: "neighbor", neighbor: { state: 0x80, protocol: 200, ifindex } });
    expect(await errnoOf(client.execute(encodeNewNeighbor({ ...entry, state: 0x80 }, "create")))).toBe("EEXIST");
    await client.execute(encodeDeleteNeighbor(entry));
    await client.execute(
      encodeNewNeighbor({ family: 2, ifindex, destination: ip("10.0.0.9"), flagsExt: 1 }, "replace"),
    );
    expect(namespace.read("neigh show 10.0.0.9 dev v0")).toMatch(/managed/);
  });

  it("writes forwarding entries that the kernel shows as zebra's and ours", async () => {
    namespace.ip("link add br0 type bridge", "link add vx type vxlan id 100 local 10.0.0.1 dstport 14789 nolearning");
    namespace.ip("link set vx master br0");
    const ifindex = await ifindexOf("vx");
    const linkLayer = Uint8Array.of(2, 0xaa, 0, 0, 0, 1);
    const bridgeHalf = { family: 7, ifindex, state: 0x02, flags: 0x14, linkLayer };
    await client.execute(encodeNewNeighbor(bridgeHalf, "replace"));
    const flood = { family: 7, ifindex, state: 0xc0, flags: 0x02, linkLayer: new Uint8Array(6) };
    await client.execute(encodeNewNeighbor({ ...flood, destination: ip("10.0.0.2") }, "append"));
    await client.execute(encodeNewNeighbor({ ...flood, destination: ip("10.0.0.3") }, "append"));
    const shown = namespace.bridge("fdb show dev vx");
    expect(shown).toMatch(/02:aa:00:00:00:01 extern_learn master br0/);
    expect(shown).toMatch(/00:00:00:00:00:00 dst 10.0.0.2 self permanent/);
    expect(shown).toMatch(/00:00:00:00:00:00 dst 10.0.0.3 self permanent/);
    const dumped = await collect(client, encodeDumpNeighbors(7, { ifindex }));
    expect(dumped.filter((object) => object.kind === "neighbor" && object.neighbor.ifindex === ifindex).length).toBe(
      shown.trim().split("\n").length,
    );
  });

  it("takes a change that changes nothing, and announces nothing for it", async () => {
    let heard = 0;
    client.onNotification(() => heard++);
    await client.execute(encodeSetLink(1, {}));
    await collect(client, encodeDumpLinks());
    expect(heard).toBe(0);
  });
});
