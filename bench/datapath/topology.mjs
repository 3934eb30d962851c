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
/** An interface into which XDP redirects needs NAPI at its peer and itself: without it the frames vanish silently. */
const napi = { gro: true };

function vtepConfig({ address, remote, uplink, access, hook, remoteMac }) {
  return {
    vtep: { address, underlay: [uplink], underlayHook: hook },
    bridgeDomains: [{ name: DOMAIN, vni: VNI }],
    ports: [{ interface: access, bridgeDomain: DOMAIN, hook }],
    control: {
      mode: "static",
      static: {
        vteps: [{ address: remote, bridgeDomains: [DOMAIN] }],
        fdb: [{ bridgeDomain: DOMAIN, mac: remoteMac, vtep: remote }],
      },
    },
  };
}

const vtepNode = (config, uplinkMac) => ({
  kind: "vtepd",
  sysctls,
  interfaces: {
    [config.ports[0].interface]: { offloads: napi },
    [config.vtep.underlay[0]]: {
      mtu: UNDERLAY_MTU,
      mac: uplinkMac,
      addresses: [`${config.vtep.address}/24`],
      offloads: napi,
    },
  },
  config,
});

const firstConfig = (hook) =>
  vtepConfig({
    address: addresses.local,
    remote: addresses.far,
    uplink: "u0",
    access: "v0",
    hook,
    remoteMac: macs.farHost,
  });

const secondConfig = (hook) =>
  vtepConfig({ address: addresses.far, remote: addresses.local, uplink: "w0", access: "x0", hook, remoteMac: macs.host });

const host = (name, mac, address, offloads) => ({
  kind: "host",
  sysctls,
  interfaces: { [name]: { mac, addresses: [`${address}/24`], offloads } },
});

const far = {
  kind: "host",
  sysctls,
  interfaces: { s0: { mtu: UNDERLAY_MTU, mac: macs.far, addresses: [`${addresses.far}/24`], offloads: napi } },
};

const lab = (name, title, nodes, links) => ({ name: `bench-${name}`, title, folder: "", nodes, links, expect: [] });

export function oneVtep(hook = "auto") {
  const nodes = {
    host: host("a0", macs.host, addresses.host, napi),
    vtep: vtepNode(firstConfig(hook), macs.uplink),
    far,
  };
  return lab("one", "one VTEP between a host and the underlay", nodes, [
    ["host:a0", "vtep:v0"],
    ["vtep:u0", "far:s0"],
  ]);
}

export function twoVteps(hook = "auto", hostOffloads = napi) {
  const nodes = {
    host: host("a0", macs.host, addresses.host, hostOffloads),
    vtep: vtepNode(firstConfig(hook), macs.uplink),
    vtep2: vtepNode(secondConfig(hook), macs.far),
    host2: host("b0", macs.farHost, addresses.farHost, hostOffloads),
  };
  return lab("two", "two VTEPs between two hosts", nodes, [
    ["host:a0", "vtep:v0"],
    ["vtep:u0", "vtep2:w0"],
    ["vtep2:x0", "host2:b0"],
  ]);
}

export function noVtep() {
  const nodes = { host: host("a0", macs.host, addresses.host, napi), far };
  return lab("none", "generator and sink side by side", nodes, [["host:a0", "far:s0"]]);
}
