// The nodes of the tests with FRR: that they are apart, that FRR runs in them, and that nothing stays behind.
import { existsSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../../dataplane/namespaces.js";
import { connect, type FabricNode, frrTitled, frrUnavailable, makeNode } from "./fabric.js";

describe.skipIf(frrUnavailable !== null)(frrTitled("nodes with FRR"), () => {
  const nodes: FabricNode[] = [];

  afterEach(async () => {
    for (const node of nodes.splice(0)) await node.remove();
  });

  it("run zebra and bgpd, with VRFs that are namespaces, and end with all they hold", async () => {
    const [a, b] = [await makeNode("a"), await makeNode("b")];
    nodes.push(a, b);
    await connect(a, "up0", b, "up0");
    await a.ip("netns add red", "addr add 10.0.0.1/24 dev up0");
    await b.ip("addr add 10.0.0.2/24 dev up0");
    expect(await b.exec("ip", "netns")).toBe("");
    await a.exec("ping", "-c1", "-W5", "10.0.0.2");
    await a.startFrr("hostname a\nrouter bgp 65000\n", ["zebra", "bgpd"], ["-n"]);
    await until(async () => (await a.vtysh("show vrf")).includes("vrf red"));
    expect(await a.vtyshJson("show bgp summary")).toBeTypeOf("object");
    await a.stopDaemon("bgpd", "KILL");
    await a.startDaemon("bgpd");
    const { folder, pid } = a;
    await Promise.all(nodes.splice(0).map((node) => node.remove()));
    expect([existsSync(folder), existsSync(`/proc/${pid}`)]).toEqual([false, false]);
  });
});
