import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { configFromValue, parseConfig } from "../../src/config/load.js";
import { normalise } from "../../src/config/normalise.js";
import type { VtepConfig } from "../../src/config/schema.js";

const example = readFileSync(new URL("example.yaml", import.meta.url), "utf8");

function configOf(text: string): VtepConfig {
  const result = parseConfig(text, "test.yaml");
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
}

describe("the example of the interface", () => {
  it("is valid as it stands", () => {
    expect(parseConfig(example, "example.yaml")).toMatchObject({ ok: true });
  });

  it("keeps what it says", () => {
    const config = configOf(example);
    expect(config.vtep).toMatchObject({ address: "10.255.0.1", underlay: ["up0", "up1"], sourcePorts: [49152, 65535] });
    expect(config.ports[1]?.security).toEqual({
      maxMacs: 1,
      violation: "shutdown",
      recovery: 30,
      sticky: true,
      static: ["02:00:00:00:00:01"],
      allow: ["02:00:00:00:00:02"],
    });
    expect(config.control.static.routes[0]?.prefix).toBe("192.168.200.22/32");
  });
});

describe("normalisation", () => {
  const minimal = configOf("vtep: { address: 10.0.0.1, underlay: [up0] }\n");

  it("fills in every default", () => {
    expect(minimal).toEqual({
      vtep: {
        address: "10.0.0.1",
        underlay: ["up0"],
        underlayHook: "auto",
        udpPort: 4789,
        sourcePorts: [49152, 65535],
        ttl: 64,
        tos: "inherit",
        df: "unset",
        udpChecksum: false,
        profile: "rfc7348",
        knownVtepsOnly: true,
        mssClamp: false,
        datapath: "auto",
        userspaceSocket: "auto",
      },
      bridgeDomains: [],
      vrfs: [],
      ports: [],
      control: {
        mode: "static",
        frr: {
          vrfBackend: "device",
          vtysh: "/var/run/frr",
          names: {
            bridge: "br-{bd}",
            vxlan: "vx-{vni}",
            port: "lp-{vni}",
            irb: "br-{bd}",
            l3Bridge: "br-{vni}",
            vrf: "{vrf}",
          },
          shadowPort: 14789,
          staleTime: 120,
        },
        static: { vteps: [], fdb: [], neighbors: [], routes: [] },
      },
      api: { socket: "/run/vtepd/vtepd.sock" },
    });
  });

  it("fills in the defaults of entries", () => {
    const config = configOf(`vtep: { address: 10.0.0.1, underlay: [up0] }
bridgeDomains: [{ name: red, vni: 1 }]
ports: [{ interface: eth1, bridgeDomain: red, security: {} }]
`);
    expect(config.bridgeDomains[0]).toEqual({
      name: "red",
      vni: 1,
      learning: true,
      learnRemote: false,
      ageing: 300,
      arpSuppression: true,
      unknownArp: "flood",
      knownArp: "reply",
      unknownNdOptions: "unicast-forward",
      maxBindings: 16_384,
      liveness: { interval: 60, probes: 3, retry: 1 },
      duplicateDetection: { moves: 5, seconds: 180, freeze: 600 },
      unknownUnicast: "flood",
      unknownUnicastHold: 40,
      mobility: "allow",
    });
    expect(config.ports[0]).toEqual({
      interface: "eth1",
      bridgeDomain: "red",
      hook: "auto",
      deliver: "queue",
      security: { violation: "shutdown", recovery: 30, sticky: false, static: [], allow: [] },
      stormControl: {},
      isolated: false,
    });
  });

  it("spells MACs, addresses and prefixes in one way", () => {
    const config = configOf(`vtep: { address: "2001:DB8:0:0::0001", underlay: [up0], tos: -0 }
bridgeDomains: [{ name: red, vni: 0x64 }]
ports: [{ interface: eth1, bridgeDomain: red, security: { static: [02-00-00-00-00-AA, 0200.0000.00BB, 02:00:00:00:00:CC] } }]
vrfs: [{ name: t, l3vni: 1e3, routerMac: 02:00:00:00:00:AB }]
control: { static: { routes: [{ vrf: t, prefix: "2001:DB8:0::/48", vtep: "2001:db8::00:2", routerMac: 02:00:00:00:00:AC }] } }
api: { listen: "[0::1]:080", tokenFile: /t }
`);
    expect(config.vtep.address).toBe("2001:db8::1");
    expect(Object.is(config.vtep.tos, 0)).toBe(true);
    expect(config.bridgeDomains[0]?.vni).toBe(100);
    expect(config.ports[0]?.security?.static).toEqual(["02:00:00:00:00:aa", "02:00:00:00:00:bb", "02:00:00:00:00:cc"]);
    expect(config.vrfs[0]).toMatchObject({ l3vni: 1000, routerMac: "02:00:00:00:00:ab" });
    expect(config.control.static.routes[0]).toMatchObject({ prefix: "2001:db8::/48", vtep: "2001:db8::2" });
    expect(config.api.listen).toBe("[::1]:80");
  });

  it("is its own fixed point", () => {
    const config = configOf(example);
    expect(normalise(config)).toEqual(config);
    expect(configFromValue(structuredClone(config))).toMatchObject({ ok: true, config });
  });

  it("gives defaults that the schema allows", () => {
    expect(configFromValue(structuredClone(minimal))).toMatchObject({ ok: true, config: minimal });
  });

  it("freezes all of it", () => {
    const thawed: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== "object" || value === null) return;
      if (!Object.isFrozen(value)) thawed.push(path);
      for (const [key, child] of Object.entries(value)) visit(child, `${path}.${key}`);
    };
    visit(configOf(example), "config");
    visit(minimal, "minimal");
    expect(thawed).toEqual([]);
  });

  it("leaves the input as it was", () => {
    const input = { vtep: { address: "10.0.0.1", underlay: ["up0"] } };
    expect(configFromValue(input)).toMatchObject({ ok: true });
    expect(input).toEqual({ vtep: { address: "10.0.0.1", underlay: ["up0"] } });
  });
});

describe("a value without text", () => {
  it("is judged by the same rules, without lines", () => {
    const result = configFromValue({ vtep: { address: "10.0.0.1", underlay: ["up0", "up0"], ttl: 0 } }, "request");
    expect(!result.ok && result.problems.map(({ file, line, key }) => [file, line, key])).toEqual([
      ["request", 0, "vtep.ttl"],
      ["request", 0, "vtep.underlay[1]"],
    ]);
    expect(!result.ok && result.problems[1]?.message).not.toMatch(/line/);
  });

  it("of any kind is no crash", () => {
    for (const value of [undefined, null, 0, "x", [], () => 0, Symbol("x"), 1n, new Date()]) {
      expect(configFromValue(value).ok).toBe(false);
    }
  });
});
