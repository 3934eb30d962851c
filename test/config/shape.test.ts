import { describe, expect, it } from "vitest";
import { formatProblem } from "../../src/config/problem.js";
import { accepts, problemsOf, refuses } from "./problems.js";

const head = "vtep:\n  address: 10.0.0.1\n  underlay: [up0]\n";

/** A config with one more key under vtep, on line 4. */
const vtep = (line: string): string => `${head}  ${line}\n`;
const domain = (fields: string): string => `${head}bridgeDomains:\n  - { name: red, vni: 1, ${fields} }\n`;
const port = (fields: string): string =>
  `${head}bridgeDomains: [{ name: red, vni: 1 }]\nports:\n  - { interface: eth1, bridgeDomain: red, ${fields} }\n`;
const gateway = (address: string): string =>
  `${head}vrfs: [{ name: t, irb: asymmetric }]\nbridgeDomains:
  - { name: red, vni: 1, vrf: t, gateway: { mac: 02:00:00:11:11:11, addresses: ["${address}"] } }\n`;
const remote = (address: string): string => `${head}control:\n  static:\n    vteps:\n      - address: ${address}\n`;
const route = (prefix: string): string => `${head}vrfs: [{ name: t, l3vni: 2, routerMac: 02:00:00:00:50:01 }]
control: { static: { routes: [{ vrf: t, vtep: 10.0.0.2, routerMac: 02:00:00:00:50:02, prefix: "${prefix}" }] } }\n`;

refuses("keys", [
  {
    name: "unknown, near a known one",
    text: vtep("udp-port: 4789"),
    where: ["4 vtep.udp-port"],
    says: /^unknown key \(did you mean udpPort\?\), allowed: address, underlay/,
  },
  {
    name: "unknown at the top",
    text: `${head}bridgedomains: []\n`,
    where: ["4 bridgedomains"],
    says: /did you mean bridgeDomains\?/,
  },
  {
    name: "known, but at the wrong level",
    text: `${head}maxMacs: 5\n`,
    where: ["4 maxMacs"],
    says: /it belongs at ports\[\]\.security\.maxMacs/,
  },
  { name: "like nothing", text: vtep("colour: 1"), where: ["4 vtep.colour"], says: /^unknown key, allowed/ },
  {
    name: "with control characters",
    text: vtep('"a\\nb\\e": 1'),
    where: ['4 vtep."a\\nb\\u001b"'],
    says: /^unknown key/,
  },
  { name: "__proto__", text: vtep("__proto__: { ttl: 3 }"), where: ["4 vtep.__proto__"], says: /^unknown key/ },
  { name: "a merge key", text: vtep("<<: { ttl: 3 }"), where: ["4 vtep.<<"], says: /^merge keys are not read/ },
  { name: "missing in the file", text: "api: {}\n", where: ["1 vtep"], says: /^is missing, allowed: the keys address/ },
  {
    name: "missing in an entry",
    text: `${head}bridgeDomains:\n  - name: red\n  - vni: 2\n`,
    where: ["5 bridgeDomains[0].vni", "6 bridgeDomains[1].name"],
    says: /^is missing, allowed: 1\.\.16777215/,
  },
]);

const wrongTypes: readonly (readonly [string, string, string, RegExp])[] = [
  ["text for a number", vtep("udpPort: vxlan"), "4 vtep.udpPort", /^"vxlan" is not a number, allowed: 1\.\.65535/],
  ["a quoted number", vtep('udpPort: "4789"'), "4 vtep.udpPort", /\(leave out the quotes\)/],
  ["a fraction", vtep("udpPort: 4789.5"), "4 vtep.udpPort", /^4789\.5 is not a whole number/],
  ["not a number", vtep("udpPort: .nan"), "4 vtep.udpPort", /^NaN is not a number, allowed/],
  ["infinity", vtep("udpPort: .inf"), "4 vtep.udpPort", /^Infinity is not a number, allowed/],
  ["beyond 2^53", vtep("udpPort: 99999999999999999999"), "4 vtep.udpPort", /is out of range/],
  ["a list for a number", vtep("udpPort: [1]"), "4 vtep.udpPort", /^a list is not a number/],
  ["a mapping for a number", vtep("udpPort: { a: 1 }"), "4 vtep.udpPort", /^a mapping is not a number/],
  ["nothing", vtep("udpPort:"), "4 vtep.udpPort", /^has no value, allowed: 1\.\.65535/],
  ["a word for true or false", vtep("udpChecksum: yes"), "4 vtep.udpChecksum", /^"yes" is not true or false/],
  ["a wrong choice", vtep("df: inherited"), "4 vtep.df", /^"inherited" is not known \(did you mean inherit\?\)/],
  [
    "a wrong word beside a number",
    vtep("ttl: inhert"),
    "4 vtep.ttl",
    /did you mean inherit\?\), allowed: 1\.\.255 or inh/,
  ],
  ["a number beside a word", vtep("ttl: 0"), "4 vtep.ttl", /^0 is out of range, allowed: 1\.\.255 or inherit$/],
  ["a mapping beside a word", vtep("tos: {}"), "4 vtep.tos", /^a mapping is not a number or text/],
  [
    "a quoted number beside a word",
    vtep('tos: "4"'),
    "4 vtep.tos",
    /\(leave out the quotes\), allowed: 0\.\.255 or inherit/,
  ],
  [
    "too few items",
    vtep("sourcePorts: [5]"),
    "4 vtep.sourcePorts",
    /^a list of 1 is too short, allowed: a list of 2 items/,
  ],
  ["too many items", vtep("sourcePorts: [5, 6, 7]"), "4 vtep.sourcePorts", /^a list of 3 is too long/],
  ["a scalar for a list", `${head}ports: eth1\n`, "4 ports", /^"eth1" is not a list, allowed: a list of entries/],
  ["a scalar for a mapping", `${head}api: yes\n`, "4 api", /^"yes" is not a mapping, allowed: the keys socket/],
  ["a list for the file", "- vtep\n", "1 (file)", /^a list is not a mapping, allowed: the keys vtep/],
  ["a word for the file", "vtep\n", "1 (file)", /^"vtep" is not a mapping/],
  ["an empty entry", `${head}ports:\n  -\n`, "5 ports[0]", /^has no value, allowed: the keys interface/],
  [
    "an empty underlay",
    "vtep: { address: 10.0.0.1, underlay: [] }\n",
    "1 vtep.underlay",
    /^a list of 0 is too short, allowed: a list of 1 or more items/,
  ],
  ["a number for a name", `${head}vrfs: [{ name: 1, irb: asymmetric }]\n`, "4 vrfs[0].name", /put it in quotes/],
];
refuses(
  "types",
  wrongTypes.map(([name, text, where, says]) => ({ name, text, where: [where], says })),
);

const wrongTexts: readonly (readonly [string, string, string, RegExp])[] = [
  ["VNI 0", `${head}bridgeDomains: [{ name: red, vni: 0 }]\n`, "4 bridgeDomains[0].vni", /^0 is out of range/],
  ["VNI 2^24", `${head}bridgeDomains: [{ name: red, vni: 16777216 }]\n`, "4 bridgeDomains[0].vni", /1\.\.16777215$/],
  ["VLAN 0", port("vlan: 0"), "6 ports[0].vlan", /^0 is out of range, allowed: 1\.\.4094/],
  ["VLAN 4095", port("vlan: 4095"), "6 ports[0].vlan", /out of range/],
  ["flood policy", domain("unknownUnicast: rate"), "5 bridgeDomains[0].unknownUnicast", /allowed: flood \| drop/],
  ["hook", port("hook: sockmap"), "6 ports[0].hook", /allowed: auto \| xdp \| tc \| userspace/],
  ["name with a blank", `${head}bridgeDomains: [{ name: a b, vni: 1 }]\n`, "4 bridgeDomains[0].name", /is not a name/],
  [
    "interface of 16 bytes",
    vtep("underlay: [abcdefghijklmnop]").replace("  underlay: [up0]\n", ""),
    "3 vtep.underlay[0]",
    /16 bytes long/,
  ],
  [
    "interface with a slash",
    port("interface: a/b").replace("interface: eth1, ", ""),
    "6 ports[0].interface",
    /is not an interface name/,
  ],
  ["MAC, zero", port('security: { static: ["00:00:00:00:00:00"] }'), "6 ports[0].security.static[0]", /zero MAC/],
  [
    "MAC, multicast",
    port('security: { allow: ["01:00:5e:00:00:01"] }'),
    "6 ports[0].security.allow[0]",
    /multicast MAC/,
  ],
  [
    "MAC, broadcast",
    port('security: { static: ["ff-FF-ff-ff-ff-ff"] }'),
    "6 ports[0].security.static[0]",
    /broadcast MAC/,
  ],
  [
    "MAC, mixed separators",
    port('security: { static: ["02:00-00:00:00:01"] }'),
    "6 ports[0].security.static[0]",
    /is not a MAC/,
  ],
  [
    "router MAC, multicast",
    `${head}vrfs: [{ name: t, l3vni: 2, routerMac: 03:00:00:00:00:01 }]\n`,
    "4 vrfs[0].routerMac",
    /multicast MAC/,
  ],
  ["VTEP, multicast", remote("239.1.1.1"), "7 control.static.vteps[0].address", /is a multicast address/],
  ["VTEP, IPv6 multicast", remote("ff02::1"), "7 control.static.vteps[0].address", /is a multicast address/],
  ["VTEP, broadcast", remote("255.255.255.255"), "7 control.static.vteps[0].address", /is the broadcast address/],
  ["VTEP, unspecified", remote("0.0.0.0"), "7 control.static.vteps[0].address", /is the unspecified address/],
  ["VTEP, IPv6 unspecified", remote('"::"'), "7 control.static.vteps[0].address", /is the unspecified address/],
  ["VTEP, loopback", remote("127.0.0.1"), "7 control.static.vteps[0].address", /is a loopback address/],
  ["VTEP, link-local", remote("fe80::1"), "7 control.static.vteps[0].address", /is a link-local address/],
  ["VTEP, zone", remote("fe80::1%eth0"), "7 control.static.vteps[0].address", /is not an IP address/],
  ["VTEP, mapped", remote("::ffff:10.0.0.2"), "7 control.static.vteps[0].address", /is an IPv4 address in IPv6 form/],
  ["VTEP, octal", remote("010.0.0.2"), "7 control.static.vteps[0].address", /is not an IP address/],
  ["VTEP, short", remote('"10.2"'), "7 control.static.vteps[0].address", /is not an IP address/],
  ["VTEP, with a length", remote("10.0.0.2/32"), "7 control.static.vteps[0].address", /has a prefix length/],
  [
    "gateway, no address",
    gateway("router"),
    "6 bridgeDomains[0].gateway.addresses[0]",
    /is not an address with a prefix/,
  ],
  ["gateway, no length", gateway("192.168.1.1"), "6 bridgeDomains[0].gateway.addresses[0]", /has no prefix length/],
  [
    "gateway, network",
    gateway("192.168.1.0/24"),
    "6 bridgeDomains[0].gateway.addresses[0]",
    /address of the subnet itself/,
  ],
  [
    "gateway, IPv6 network",
    gateway("2001:db8::/64"),
    "6 bridgeDomains[0].gateway.addresses[0]",
    /address of the subnet itself/,
  ],
  [
    "gateway, broadcast",
    gateway("192.168.1.255/24"),
    "6 bridgeDomains[0].gateway.addresses[0]",
    /broadcast address of its/,
  ],
  ["gateway, /0", gateway("192.168.1.1/0"), "6 bridgeDomains[0].gateway.addresses[0]", /prefix length 0/],
  ["gateway, /32", gateway("192.168.1.1/32"), "6 bridgeDomains[0].gateway.addresses[0]", /no room for hosts/],
  ["gateway, /33", gateway("192.168.1.1/33"), "6 bridgeDomains[0].gateway.addresses[0]", /is not an address with/],
  ["gateway, multicast", gateway("224.0.0.1/24"), "6 bridgeDomains[0].gateway.addresses[0]", /multicast/],
  [
    "prefix, host bits",
    route("10.1.2.3/16"),
    "5 control.static.routes[0].prefix",
    /has host bits \(its prefix is 10\.1\.0\.0\/16\)/,
  ],
  [
    "prefix, IPv6 host bits",
    route("2001:db8::1/64"),
    "5 control.static.routes[0].prefix",
    /its prefix is 2001:db8::\/64/,
  ],
  ["prefix, no length", route("10.1.0.0"), "5 control.static.routes[0].prefix", /has no prefix length/],
  ["prefix, leading zero", route("10.1.0.0/016"), "5 control.static.routes[0].prefix", /is not a prefix/],
  ["prefix, multicast", route("224.0.0.0/4"), "5 control.static.routes[0].prefix", /is a multicast prefix/],
  [
    "listen, no port",
    `${head}api: { listen: 127.0.0.1, tokenFile: /t }\n`,
    "4 api.listen",
    /is not an address and a port/,
  ],
  [
    "listen, name",
    `${head}api: { listen: "localhost:80", tokenFile: /t }\n`,
    "4 api.listen",
    /is not an address and a port/,
  ],
  ["listen, port 0", `${head}api: { listen: "127.0.0.1:0", tokenFile: /t }\n`, "4 api.listen", /has port 0/],
  [
    "listen, port 65536",
    `${head}api: { listen: "127.0.0.1:65536", tokenFile: /t }\n`,
    "4 api.listen",
    /has port 65536/,
  ],
  ["listen, brackets", `${head}api: { listen: "[127.0.0.1]:80", tokenFile: /t }\n`, "4 api.listen", /brackets/],
  ["socket, relative", `${head}api: { socket: vtepd.sock }\n`, "4 api.socket", /is not an absolute path/],
  ["socket, long", `${head}api: { socket: /${"x".repeat(107)} }\n`, "4 api.socket", /108 bytes long/],
  [
    "template, unknown",
    `${head}control: { frr: { names: { bridge: "br-{vlan}" } } }\n`,
    "4 control.frr.names.bridge",
    /unknown placeholder/,
  ],
  [
    "template, none",
    `${head}control: { frr: { names: { vxlan: vx } } }\n`,
    "4 control.frr.names.vxlan",
    /has no placeholder/,
  ],
  [
    "template, blank",
    `${head}control: { frr: { names: { vrf: "v {vrf}" } } }\n`,
    "4 control.frr.names.vrf",
    /is not a name/,
  ],
];
refuses(
  "values",
  wrongTexts.map(([name, text, where, says]) => ({ name, text, where: [where], says })),
);

accepts("values", {
  "the edges of ranges": `${head}  ttl: 255\n  tos: 0\n  udpPort: 65535\n  sourcePorts: [1, 1]\n`,
  "an IPv6 listener": `${head}api: { listen: "[::1]:7348", tokenFile: /etc/vtepd/token }\n`,
  "an interface of 15 bytes": `vtep: { address: 10.0.0.1, underlay: [abcdefghijklmno] }\n`,
  "a default route": route("::/0"),
  "a link-local gateway": gateway("fe80::1/64"),
  "the highest IPv6 address of a subnet": gateway("2001:db8::ffff:ffff:ffff:ffff/64"),
});

describe("a report", () => {
  it("holds every problem, in the order of the file", () => {
    const text = `vtep:
  address: 10.0.0.1
  underlay: [up0, up0]
  ttl: 0
  colour: red
bridgeDomains:
  - { name: red, vni: 100, ageing: -1 }
  - { name: red, vni: 100 }
ports:
  - { interface: up0, bridgeDomain: rad, vlan: 5000 }
`;
    expect(problemsOf(text).map(({ line, key }) => `${line} ${key}`)).toEqual([
      "3 vtep.underlay[1]",
      "4 vtep.ttl",
      "5 vtep.colour",
      "7 bridgeDomains[0].ageing",
      "8 bridgeDomains[1].name",
      "8 bridgeDomains[1].vni",
      "10 ports[0].bridgeDomain",
      "10 ports[0].interface",
      "10 ports[0].vlan",
    ]);
  });

  it("is printed as FILE:LINE: key.path: what is wrong, what is allowed", () => {
    const problem = {
      file: "a.yaml",
      line: 4,
      key: "vtep.ttl",
      message: "0 is out of range, allowed: 1..255 or inherit",
    };
    expect(formatProblem(problem)).toBe("a.yaml:4: vtep.ttl: 0 is out of range, allowed: 1..255 or inherit");
    expect(formatProblem({ ...problem, line: 0 })).toBe(
      "a.yaml: vtep.ttl: 0 is out of range, allowed: 1..255 or inherit",
    );
  });
});
