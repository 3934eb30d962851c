// The paths that are measured, as labs of the lab runner: it makes the namespaces, starts what stands in them, and takes
// all of it away again, whatever happens.
//
//   one VTEP:    host:a0 ── v0:vtep:u0 ── s0:far          `far` is both sink of encap and source of decap
//   two VTEPs:   host:a0 ── v0:vtep:u0 ── w0:vtep2:x0 ── b0:host2
//   no VTEP:     host:a0 ── s0:far

export const VNI = 100;
export const addresses = { local: "10.0.0.1", far: "10.0.0.2", host: "192.168.5.1", farHost: "192.168.5.2" };
export const macs = {
  host: "02:00:00:00:00:a0",
  uplink: "02:00:00:00:00:c0",
  far: "02:00:00:00:00:d0",
  farHost: "02:00:00:00:00:f0",
};

const UNDERLAY_MTU = 1600;
const DOMAIN = "red";
/** Nothing but what the bench sends: no router solicitations, no neighbour discovery. */
const sysctls = { "net.ipv6.conf.all.disable_ipv6": 1, "net.ipv6.conf.default.disable_ipv6": 1 };
/** An interface through which XDP redirects needs NAPI at both ends: without it the frames vanish silently. */
export const NAPI = { gro: true };

/** `choice`: the hook of both interfaces, and the sockets in userspace. */
export const vtepOf = ({ address, uplink }, { hook = "auto", userspaceSocket = "auto" }) => ({
  address,
  underlay: [uplink],
  underlayHook: hook,
  userspaceSocket,
});

/** `deliver`: how tc gives it frames. */
const portOf = (access, { hook = "auto", deliver = "queue" }) => ({
  interface: access,
  bridgeDomain: DOMAIN,
  hook,
  deliver,
});

function vtepConfig(place, choice) {
  const { remote, access, remoteMac } = place;
  return {
    vtep: vtepOf(place, choice),
    bridgeDomains: [{ name: DOMAIN, vni: VNI }],
    ports: [portOf(access, choice)],
    control: {
      mode: "static",
      static: {
        vteps: [{ address: remote, bridgeDomains: [DOMAIN] }],
        fdb: [{ bridgeDomain: DOMAIN, mac: remoteMac, vtep: remote }],
      },
    },
  };
}

export const FIRST = {
  address: addresses.local,
  remote: addresses.far,
  uplink: "u0",
  access: "v0",
  remoteMac: macs.farHost,
};
const SECOND = { address: addresses.far, remote: addresses.local, uplink: "w0", access: "x0", remoteMac: macs.host };

/** Of the first VTEP of every path that is bridged. */
export const firstConfig = (choice) => vtepConfig(FIRST, choice);

/** `kind`: "vtepd" (or the kernel in its place); "switch": a bridge without any tunnel; "host": nothing, only interfaces. */
function middle(kind, config, uplinkMac, offloads) {
  // A port of a bridge has no address of its own.
  const uplinkAddresses = kind === "switch" ? [] : [`${config.vtep.address}/24`];
  const uplink = { mtu: UNDERLAY_MTU, mac: uplinkMac, addresses: uplinkAddresses, offloads: offloads.underlay };
  const interfaces = {
    [config.ports[0].interface]: { offloads: offloads.access },
    [config.vtep.underlay[0]]: uplink,
  };
  return { kind, sysctls, interfaces, ...(kind === "vtepd" ? { config } : {}) };
}

const host = (name, mac, address, offloads) => ({
  kind: "host",
  sysctls,
  interfaces: { [name]: { mac, addresses: [`${address}/24`], offloads } },
});

const underlayHost = {
  kind: "host",
  sysctls,
  interfaces: { s0: { mtu: UNDERLAY_MTU, mac: macs.far, addresses: [`${addresses.far}/24`], offloads: NAPI } },
};

const lab = (name, title, nodes, links) => ({ name: `bench-${name}`, title, folder: "", nodes, links, expect: [] });

/** For frames of the generator, all interfaces have NAPI. */
const PACKET_OFFLOADS = { host: NAPI, access: NAPI, underlay: NAPI };

/** `configOf` makes the VTEP's configuration from the subject's choice. */
export function oneVtep({ kind = "vtepd", tunnel = true, ...choice }, configOf = firstConfig) {
  const config = configOf(choice);
  const source = host("a0", macs.host, addresses.host, NAPI);
  const vtep = middle(kind, config, macs.uplink, PACKET_OFFLOADS);
  // Without a tunnel nothing takes the outer headers off: they reach the host.
  if (!tunnel) {
    for (const one of [source.interfaces.a0, vtep.interfaces[config.ports[0].interface]]) one.mtu = UNDERLAY_MTU;
  }
  const nodes = {
    host: source,
    vtep,
    far: underlayHost,
  };
  return lab("one", "one VTEP between a host and the underlay", nodes, [
    ["host:a0", "vtep:v0"],
    ["vtep:u0", "far:s0"],
  ]);
}

/** `offloads`: `ethtool -K` of host, access and underlay interfaces; empty leaves a veth as it comes. */
export function twoVteps({ kind = "vtepd", offloads = PACKET_OFFLOADS, ...choice }) {
  const nodes = {
    host: host("a0", macs.host, addresses.host, offloads.host),
    vtep: middle(kind, vtepConfig(FIRST, choice), macs.uplink, offloads),
    vtep2: middle(kind, vtepConfig(SECOND, choice), macs.far, offloads),
    host2: host("b0", macs.farHost, addresses.farHost, offloads.host),
  };
  return lab("two", "two VTEPs between two hosts", nodes, [
    ["host:a0", "vtep:v0"],
    ["vtep:u0", "vtep2:w0"],
    ["vtep2:x0", "host2:b0"],
  ]);
}

/** A lab whose interfaces have as many queues as a NIC would have: one for each CPU. A veth comes with one. */
export function withQueues(lab, queues) {
  const give = (interfaces) =>
    Object.fromEntries(Object.entries(interfaces).map(([name, spec]) => [name, { ...spec, queues }]));
  const nodes = Object.entries(lab.nodes).map(([name, node]) => [name, { ...node, interfaces: give(node.interfaces) }]);
  return { ...lab, nodes: Object.fromEntries(nodes) };
}

export function noVtep() {
  const nodes = { host: host("a0", macs.host, addresses.host, NAPI), far: underlayHost };
  return lab("none", "generator and sink side by side", nodes, [["host:a0", "far:s0"]]);
}
