import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  AddressFamily,
  encodeDumpNeighbors,
  NetlinkGroup,
  type NetlinkObject,
  WITHOUT_FORWARDING_ENTRIES,
} from "../../../src/control/netlink/index.js";
import { until } from "../../dataplane/namespaces.js";
import { Namespace, openClient, titled, unavailable } from "./kernel.js";

const MAC = "02:00:00:00:00:01";

describe.skipIf(unavailable !== null)(titled("a socket without forwarding entries"), () => {
  let namespace: Namespace;

  beforeEach(() => {
    namespace = new Namespace();
    namespace.ip("link add br0 type bridge", "link set br0 up", "addr add 10.0.0.1/24 dev br0");
    namespace.ip("link add p0 type veth peer name p1", "link set p0 master br0");
  });
  afterEach(() => namespace.remove());

  const open = () =>
    openClient({
      groups: [NetlinkGroup.neighbor],
      netns: `/run/netns/${namespace.name}`,
      filter: WITHOUT_FORWARDING_ENTRIES,
    });

  it("hears of neighbours come and gone, and of no entry of a bridge", async () => {
    const heard: NetlinkObject[] = [];
    const client = open();
    client.onNotification((object) => heard.push(object));
    namespace.bridge(`fdb add ${MAC} dev p0 master static`);
    namespace.ip(`neigh add 10.0.0.2 lladdr ${MAC} dev br0`, "neigh del 10.0.0.2 dev br0");
    namespace.bridge(`fdb del ${MAC} dev p0 master`);
    namespace.ip(`neigh add 10.0.0.3 lladdr ${MAC} dev br0`);
    await until(() => heard.length >= 3);
    const families = heard.map((object) => (object.kind === "neighbor" ? object.neighbor.family : undefined));
    expect(new Set(families)).toEqual(new Set([AddressFamily.ipv4]));
    expect(client.counters.overruns).toBe(0);
    client.close();
  });

  it("still gets them where it asks for them", async () => {
    namespace.bridge(`fdb add ${MAC} dev p0 master static`);
    const client = open();
    let found = 0;
    await client.dumpForwarding(encodeDumpNeighbors(AddressFamily.bridge), ({ lo, hi }) => {
      if (hi === 0x0200 && lo === 1) found += 1;
    });
    expect(found).toBe(1);
    client.close();
  });
});
