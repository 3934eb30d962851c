import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { fdbEntry } from "../api/listed_vtep.js";
import { ServedVtep } from "../api/served_vtep.js";
import { type Finished, vtepd } from "./vtepd.js";

let served: ServedVtep;
const show = (...args: string[]): Promise<Finished> => vtepd(["show", ...args, "--socket", served.socket]);

beforeAll(async () => {
  served = await ServedVtep.start();
});
afterAll(() => served.stop());
beforeEach(() => served.vtep.reset());

/** SPEC: interface.md, "JSON of show". */
const keys: Readonly<Record<string, readonly string[]>> = {
  ports: [
    ...["interface", "vlan", "bridgeDomain", "state", "hook", "macCount", "macLimit"],
    ...["rxPackets", "rxBytes", "txPackets", "txBytes"],
  ],
  fdb: [
    ...["bridgeDomain", "vni", "mac", "where", "interface", "vlan", "vtep"],
    ...["origin", "sticky", "idleSeconds"],
  ],
  neighbors: ["bridgeDomain", "vrf", "ip", "mac", "origin", "state"],
  vteps: ["address", "bridgeDomains", "underlay", "rxPackets", "txPackets"],
  routes: ["vrf", "prefix", "nexthops"],
  vrfs: ["name", "l3vni", "routerMac", "irb", "table"],
  bridgeDomains: ["name", "vni", "learning", "ageing", "unknownUnicast", "mobility", "macCount"],
  drops: ["reason", "interface", "bridgeDomain", "packets"],
  repairs: ["interface", "role", "fixed", "suspicious", "passed"],
  segments: ["esi", "interface", "bridgeDomain", "designatedForwarder", "vteps"],
  events: ["time", "kind", "interface"],
  audit: ["what", "bridgeDomain", "vrf", "key", "frr", "kernel", "vtepd", "dataPath", "action", "outcome", "why"],
};

describe("vtepd show NOUN --json", () => {
  it.each(Object.entries(keys))("prints %s as one list with the keys of the contract", async (noun, wanted) => {
    const { code, stdout, stderr } = await show(noun, "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const rows = JSON.parse(stdout) as object[];
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(Object.keys(row)).toEqual(expect.arrayContaining([...wanted]));
  });

  it("prints the status as one object", async () => {
    const { code, stdout } = await show("status", "--json");
    expect(code).toBe(0);
    const wanted = ["state", "reasons", "datapath", "version", "uptimeSeconds", "address"];
    expect(Object.keys(JSON.parse(stdout))).toEqual(expect.arrayContaining(wanted));
  });

  it("passes on a long list", async () => {
    served.vtep.fdbCount = 100_000;
    const { code, stdout } = await show("fdb", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toHaveLength(100_000);
  });

  it("fails where the list breaks off", async () => {
    served.vtep.fdb = function* () {
      for (let index = 0; index < 10_000; index++) yield fdbEntry(index);
      throw new Error("out of table");
    };
    const { code, stderr } = await show("fdb", "--json");
    expect(code).toBe(1);
    expect(stderr).toContain("broke off");
  });
});

describe("vtepd show mac", () => {
  const known = fdbEntry(0xff).mac;

  it("prints a line for each leg of each VTEP, and what is wrong with it", async () => {
    const { code, stdout } = await show("mac", known);
    const [, first, second] = stdout.split("\n").map((line) => line.split(/ {2,}/));
    expect(code).toBe(0);
    expect(first?.slice(1, 9)).toEqual([
      "red",
      "100",
      "static,sticky",
      "10.0.0.2",
      "fe80::1",
      "up0",
      "02:00:00:00:ff:01",
      "192.0.2.9",
    ]);
    expect(second?.slice(4)).toEqual(["10.0.0.2", "fe80::2", "up1", "-", "192.0.2.9", "no carrier"]);
  });

  it("takes other spellings, prints JSON, and says what it does not know", async () => {
    const spelt = await show("mac", known.replaceAll(":", "-").toUpperCase(), "--json");
    expect(JSON.parse(spelt.stdout)).toEqual(served.vtep.macPaths(known));
    expect(await show("mac", "02:00:00:00:00:77")).toMatchObject({
      code: 0,
      stdout: "no bridge domain knows this MAC\n",
    });
  });

  it("refuses what is no MAC, and none at all", async () => {
    expect(await show("mac", "red")).toMatchObject({ code: 2, stderr: expect.stringContaining("a MAC such as") });
    expect(await show("mac")).toMatchObject({ code: 2, stderr: expect.stringContaining("missing required argument") });
  });
});

describe("vtepd show NOUN for people", () => {
  const lines = async (...args: string[]): Promise<string[]> => {
    const { code, stdout, stderr } = await show(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return stdout.trimEnd().split("\n");
  };
  const cells = (line: string | undefined): string[] => (line ?? "").split(/ {2,}/);

  it("shows ports by name, with units and the reason of what is wrong", async () => {
    const [head, eth1, eth2] = await lines("ports");
    expect(cells(head).slice(0, 6)).toEqual(["PORT", "BRIDGE-DOMAIN", "STATE", "HOOK", "DELIVER", "MACS"]);
    const counts = ["1", "10", "1.5KiB", "7", "1.9MiB"];
    expect(cells(eth1)).toEqual(["eth1", "red", "forwarding", "tc", "queue", ...counts, "a veth"]);
    expect(cells(eth2).slice(0, 6)).toEqual(["eth2/10", "red", "err-disabled", "-", "queue", "3/3"]);
    expect(cells(eth2).at(-1)).toBe("MAC limit violated");
  });

  it("shows where a MAC is", async () => {
    const [head, remote, local] = await lines("fdb");
    expect(cells(head)).toEqual(["BRIDGE-DOMAIN", "VNI", "MAC", "WHERE", "AT", "ORIGIN", "IDLE"]);
    expect(cells(remote).slice(3)).toEqual(["remote", "10.0.0.2", "static,sticky", "-"]);
    expect(cells(local).slice(3)).toEqual(["local", "eth2/10", "learned", "1.5s"]);
  });

  it("shows VTEPs with the way to them, and long lists of domains in short", async () => {
    const [, vtep] = await lines("vteps");
    expect(vtep).toContain("red,a,b,c,+2");
    expect(vtep).toContain("up0 via fe80::1 02:00:00:00:ff:01");
  });

  it("shows the status as facts", async () => {
    served.vtep.ready = false;
    served.vtep.reasons = ["interface eth1 does not exist", "no route to 10.0.0.2"];
    const facts = await lines("status");
    expect(facts[0]).toMatch(/^state +starting$/);
    expect(facts[1]).toMatch(/^reasons +interface eth1 does not exist$/);
    expect(facts[2]).toMatch(/^ +no route to 10.0.0.2$/);
    expect(facts.join("\n")).toMatch(/up for +2h03m/);
  });

  it("shows the remaining nouns with a head and a line each", async () => {
    for (const noun of ["neighbors", "routes", "vrfs", "bridgeDomains", "bridge-domains", "drops", "events"]) {
      const [head, ...rows] = await lines(noun);
      expect(head, noun).toMatch(/^[A-Z0-9-]+( +[A-Z0-9-]+)+$/);
      expect(rows.length, noun).toBeGreaterThan(0);
    }
  });

  it("lets nothing through that moves the cursor", async () => {
    served.vtep.drops = () => [{ reason: "runt", interface: "e\u001b[2Jth", bridgeDomain: null, packets: 1 }];
    const { stdout } = await show("drops");
    expect(stdout).not.toContain("\u001b");
  });

  it("audits and repairs, or with --dry-run only looks, and says so where nothing differs", async () => {
    expect(cells((await lines("audit"))[1])).toEqual([
      ...["mac", "red", "02:00:00:00:00:09", "-", "10.0.0.2", "10.0.0.2", "-"],
      ...["delete_from_kernel", "repaired"],
    ]);
    expect(cells((await lines("audit", "--dry-run"))[1]).at(-1)).toBe("found");
    served.vtep.audit = async () => [];
    expect(await lines("audit")).toEqual(["nothing differs"]);
    expect((await show("audit", "--json")).stdout).toMatch(/^\[\s*\]\s*$/);
  });

  it("asks for what the filters say", async () => {
    await show("fdb", "--mac", "0200.0000.00AB", "--vlan", "10", "--bridge-domain", "red", "--where", "local");
    expect(served.vtep.asked).toEqual({ mac: "02:00:00:00:00:ab", vlan: 10, bridgeDomain: "red", where: "local" });
    await show("events", "--limit", "1");
    expect(served.vtep.asked).toEqual({ limit: 1 });
  });
});

describe("what vtepd show refuses", () => {
  it("names the nouns for a noun that it does not know", async () => {
    const { code, stdout, stderr } = await show("machines");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    for (const noun of ["status", ...Object.keys(keys)]) expect(stderr).toContain(noun);
  });

  it.each([
    [["port"], "Did you mean ports?"],
    [["ports", "--colour"], "--colour"],
    [["ports", "--limit", "1"], "--limit"],
    [["fdb", "--mac", "nonsense"], "a MAC such as"],
    [["fdb", "--vlan", "4095"], "0..4094"],
    [["fdb", "--where", "nowhere"], "local, remote"],
    [["events", "--limit", "-1"], "1..100000"],
    [["ports", "eth1"], "too many arguments"],
  ])("ends %j with 2 and says why", async (args, why) => {
    const { code, stderr } = await show(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(why);
  });
});
