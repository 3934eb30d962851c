import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Joiner } from "../../src/control/joiner.js";
import type { NetlinkClient } from "../../src/control/netlink/index.js";
import { Links } from "../../src/control/underlay/links.js";
import { Namespace, titled, unavailable } from "./netlink/kernel.js";

const QUEUES = 3;

describe.skipIf(unavailable !== null)(titled("the pair that joins segments"), () => {
  let namespace: Namespace;
  let client: NetlinkClient;
  let links: Links;

  beforeEach(async () => {
    namespace = new Namespace();
    client = namespace.open();
    links = new Links(client);
    await links.load();
  });

  afterEach(() => {
    links.close();
    namespace.remove();
  });

  const open = () => Joiner.open(client, links, QUEUES);
  const ours = () => links.all().filter(({ name }) => name.startsWith("vtepd-"));

  it("is up, takes what any uplink brings, and has a queue for each CPU and no address", async () => {
    await open();
    expect(ours().map(({ name, isUp, mtu }) => ({ name, isUp, mtu }))).toEqual(
      expect.arrayContaining(["vtepd-join", "vtepd-joined"].map((name) => ({ name, isUp: true, mtu: 65535 }))),
    );
    for (const name of ["vtepd-join", "vtepd-joined"]) {
      expect(namespace.read(`-d link show ${name}`)).toMatch(/numtxqueues 3 numrxqueues 3 /);
      expect(namespace.read(`addr show ${name}`)).not.toContain("inet");
    }
  });

  it("takes the place of one that a crash left, of other queues or half renamed", async () => {
    namespace.ip("link add vtepd-join type veth peer name vtepd-joined");
    await links.load();
    const left = links.get("vtepd-join")?.ifindex;
    const joiner = await open();
    expect(joiner.ifindex).not.toBe(left);
    namespace.ip("link set vtepd-join name other");
    await links.load();
    await open();
    expect(namespace.read("-d link show vtepd-join")).toContain("numtxqueues 3");
    expect(links.get("other")).toBeNull();
  });

  it("goes with both ends, and is no trouble where it went before", async () => {
    const joiner = await open();
    await joiner.close();
    await joiner.close();
    await links.load();
    expect(ours()).toEqual([]);
  });
});
