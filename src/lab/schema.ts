/**
 * The JSON schema of `lab.yaml`, so that a misspelt key is an error and not a check that never runs.
 * The configuration of a VTEP is only looked at as far as a lab reads it: vtepd checks its own.
 */
const text = { type: "string" };
const endpoint = { type: "string", pattern: "^[a-z0-9]+:[a-z0-9.]+$" };
const texts = { type: "array", items: text };
const family = { enum: [4, 6] };
const rows = { type: "array", items: { type: "object" } };
const pair = (items: object) => ({ type: "array", items, minItems: 2, maxItems: 2 });
const mapOf = (value: object) => ({ type: "object", additionalProperties: value });

function closed(properties: Record<string, object>, required: readonly string[] = Object.keys(properties)): object {
  return { type: "object", properties, required, additionalProperties: false };
}

const interfaceSpec = closed(
  {
    mtu: { type: "integer" },
    mac: text,
    addresses: texts,
    apart: { type: "boolean" },
    wrongEthertype: { type: "boolean" },
    bond: closed({ members: texts, mode: text }, ["members"]),
    offloads: mapOf({ type: "boolean" }),
    vlans: mapOf(closed({ addresses: texts, mac: text }, ["addresses"])),
  },
  [],
);

const vtepSpec = {
  type: "object",
  required: ["vtep", "bridgeDomains", "ports", "control"],
  properties: {
    vtep: { type: "object", required: ["address", "underlay"], properties: { address: text, underlay: texts } },
    bridgeDomains: { type: "array", items: { type: "object", required: ["name"] } },
    ports: { type: "array", items: { type: "object", required: ["interface", "bridgeDomain"] } },
    control: { type: "object", required: ["mode"], properties: { mode: { enum: ["static", "frr"] } } },
  },
};

const node = {
  ...closed(
    {
      kind: { enum: ["host", "vtepd", "kernel-vtep", "router", "switch", "gobgp"] },
      interfaces: mapOf(interfaceSpec),
      routes: texts,
      sysctls: mapOf({ type: "integer" }),
      config: vtepSpec,
      frr: { anyOf: [text, { ...mapOf(text), required: ["template"] }] },
      gobgp: closed({ config: text, routes: texts }, ["config"]),
    },
    ["kind"],
  ),
  if: { properties: { kind: { enum: ["vtepd", "kernel-vtep"] } } },
  // biome-ignore lint/suspicious/noThenProperty: `then` is JSON schema's word
  then: { required: ["config"] },
};

const pings = {
  pings: { type: "array", items: closed({ from: text, to: text }) },
  mostLost: { type: "integer" },
};

const outer = closed(
  {
    from: text,
    to: text,
    vni: { type: "integer" },
    ttl: { type: "integer" },
    tos: { type: "integer" },
    df: { type: "boolean" },
    udpChecksum: { enum: ["zero", "valid"] },
    port: { type: "integer" },
    sourcePorts: pair({ type: "integer" }),
    inner: closed({ source: text, destination: text, ttl: { type: "integer" } }, []),
  },
  ["from", "to", "vni"],
);

const actions: Record<string, object> = {
  ping: {
    ...closed(
      {
        between: texts,
        from: text,
        to: texts,
        sizes: { type: "array", items: { type: "integer" } },
        ttl: { type: "integer" },
        fresh: { type: "boolean" },
      },
      [],
    ),
    oneOf: [{ required: ["between"] }, { required: ["from", "to"] }],
  },
  noPing: closed({ from: text, addresses: texts }),
  send: closed(
    {
      from: text,
      cast: { enum: ["unicast", "broadcast", "multicast", "unknown-unicast"] },
      family,
      to: text,
      arrives: mapOf({ type: "integer" }),
      wire: mapOf({ type: "integer" }),
    },
    ["from", "cast", "family", "arrives"],
  ),
  tcp: closed({ from: text, to: text, megabytes: { type: "integer" }, family }, ["from", "to", "megabytes"]),
  flows: closed({ from: text, to: text, count: { type: "integer" }, shares: mapOf(pair({ type: "number" })) }),
  show: closed({ node: text, noun: text, has: rows, hasNot: rows }, ["node", "noun"]),
  links: closed(
    { node: text, state: { enum: ["up", "down"] }, interfaces: texts, silent: { type: "boolean" }, ...pings },
    ["node", "state"],
  ),
  trace: closed({ from: text, to: text, family, hops: texts }, ["from", "to", "hops"]),
  icmp: closed(
    {
      from: text,
      to: text,
      family,
      ttl: { type: "integer" },
      size: { type: "integer" },
      answer: { enum: ["time-exceeded", "net-unreachable", "host-unreachable", "too-big"] },
      by: text,
      mtu: { type: "integer" },
    },
    ["from", "to", "answer", "by"],
  ),
  move: closed({ host: text, switch: text, from: text, to: text, ...pings }, ["host", "switch", "from", "to"]),
  probes: closed({ host: text, family, count: { type: "integer" } }, ["host", "count"]),
  converged: closed({ nodes: texts, hosts: mapOf(text), absent: texts, routes: mapOf(mapOf(texts)) }, []),
  ethertypeFix: closed({
    node: text,
    interface: text,
    hook: { enum: ["xdp", "xdp-generic", "tc"] },
    pairs: { type: "array", items: pair(text) },
  }),
  vtysh: closed({ node: text, command: text, has: rows, hasNot: rows }, ["node", "command"]),
  vtepd: closed({ node: text, action: { enum: ["kill", "start"] } }, ["node", "action"]),
  frr: closed(
    {
      node: text,
      action: { enum: ["restart", "kill", "start"] },
      daemon: { enum: ["zebra", "bgpd", "bfdd", "all"] },
      ...pings,
    },
    ["node", "action", "daemon"],
  ),
};

/** `load.ts` sees to it that a check has exactly one action: `oneOf` would answer a typing error with a page. */
export const ACTIONS: readonly string[] = Object.keys(actions);
const check = closed(
  {
    ...actions,
    vtepdOnly: { type: "boolean" },
    outer: { type: "array", items: outer },
    offWire: texts,
    unasked: texts,
    unsignalled: texts,
  },
  [],
);

export const labSchema = closed(
  {
    title: text,
    kernel: { type: "array", items: { enum: ["VRF devices", "bonding"] } },
    frr: mapOf(text),
    nodes: { ...mapOf(node), propertyNames: { pattern: "^[a-z0-9]+$" } },
    links: { type: "array", items: pair(endpoint) },
    expect: { type: "array", items: check },
  },
  ["title", "nodes", "links", "expect"],
);
