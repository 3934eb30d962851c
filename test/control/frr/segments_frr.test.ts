// What a real zebra says of Ethernet segments. This kernel may have no bonds, but zebra takes a segment of an interface
// that is still to come; with a bond it is in netns-lab/evpn-multihoming.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askSegments } from "../../../src/control/frr/segments/shown.js";
import { VtyConnection } from "../../../src/control/frr/vty/index.js";
import { type FabricNode, frrTitled, frrUnavailable, makeNode } from "./fabric.js";

const CONFIG = `hostname leaf
evpn mh startup-delay 0
router bgp 65000
 bgp router-id 10.0.0.1
 address-family l2vpn evpn
  advertise-all-vni
 exit-address-family
`;

describe.skipIf(frrUnavailable !== null)(frrTitled("Ethernet segments of a real zebra"), () => {
  let node: FabricNode;
  let zebra: VtyConnection;

  beforeAll(async () => {
    node = await makeNode("a");
    await node.ip("addr add 10.0.0.1/32 dev lo");
    await node.startFrr(CONFIG, ["zebra", "bgpd"]);
    zebra = await VtyConnection.open(`${node.folder}/zebra.vty`);
  }, 60_000);

  afterAll(async () => {
    zebra?.close();
    await node?.remove();
  });

  it("has none at first, and then one that forwards nothing yet: its interface is to come", async () => {
    expect(await askSegments(zebra)).toEqual({ own: [], groups: new Map() });
    const lines = ["interface bond9", "evpn mh es-id 7", "evpn mh es-sys-mac 02:cc:00:00:00:01"];
    await node.exec("vtysh", "--vty_socket", node.folder, ...["configure", ...lines].flatMap((line) => ["-c", line]));
    const { own } = await askSegments(zebra);
    expect(own).toEqual([{ esi: "03:02:cc:00:00:00:01:00:00:07", interface: "bond9", isDesignated: false, peers: [] }]);
  });
});
