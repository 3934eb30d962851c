// What `show` can show: for each noun its path in the API and its columns for people. `--json` shows what the API says.

import { Argument } from "commander";
import type { AuditView } from "../telemetry/audit_view.js";
import type {
  BridgeDomainView,
  DropView,
  EventView,
  FdbView,
  MacPathView,
  NeighborView,
  NexthopView,
  PortView,
  RepairView,
  RouteView,
  SegmentView,
  StatusView,
  UnderlayView,
  VrfView,
  VtepRouterView,
  VtepView,
} from "../telemetry/view_types.js";
import type { Question } from "./client.js";
import { macArgument } from "./commands/options.js";
import { type Column, renderFacts, renderTable } from "./table.js";
import { bytesText, durationText, listText, portText } from "./units.js";

export interface Noun {
  readonly name: string;
  readonly description: string;
  /** What stands behind the noun. */
  readonly argument?: Argument;
  /** Where asking is not just GET with the options as query. */
  question?(options: Readonly<Record<string, unknown>>, argument: string | undefined): Question;
  /** Text for people from the answer of the API. */
  render(answer: unknown): string;
}

function list<T>(name: string, description: string, columns: readonly Column<T>[]): Noun {
  // SAFETY: the daemon of the same release answers with the view that the noun names.
  return { name, description, render: (answer) => renderTable(columns, answer as readonly T[]) };
}

const traffic: readonly Column<PortView | VtepView | BridgeDomainView>[] = [
  { title: "RX-PACKETS", value: (row) => row.rxPackets, align: "right" },
  { title: "RX", value: (row) => bytesText(row.rxBytes), align: "right" },
  { title: "TX-PACKETS", value: (row) => row.txPackets, align: "right" },
  { title: "TX", value: (row) => bytesText(row.txBytes), align: "right" },
];

const ports = list<PortView>("ports", "access ports", [
  { title: "PORT", value: (row) => portText(row.interface, row.vlan) },
  { title: "BRIDGE-DOMAIN", value: (row) => row.bridgeDomain },
  { title: "STATE", value: (row) => (row.hostStack ? `${row.state}, host stack` : row.state) },
  { title: "HOOK", value: (row) => row.hook ?? "" },
  { title: "DELIVER", value: (row) => row.delivery },
  {
    title: "MACS",
    value: (row) => (row.macLimit === null ? row.macCount : `${row.macCount}/${row.macLimit}`),
    align: "right",
  },
  ...traffic,
  { title: "WHY", value: (row) => row.stateReason || row.deliveryReason || row.hookReason },
]);

function placeOf({ held, vtep, vteps, interface: name, vlan }: FdbView): string {
  if (held) return "held";
  return vteps?.join(",") ?? vtep ?? portText(name, vlan);
}

const fdb = list<FdbView>("fdb", "MACs and where they are", [
  { title: "BRIDGE-DOMAIN", value: (row) => row.bridgeDomain },
  { title: "VNI", value: (row) => row.vni ?? "", align: "right" },
  { title: "MAC", value: (row) => row.mac },
  { title: "WHERE", value: (row) => row.where },
  { title: "AT", value: placeOf },
  { title: "ORIGIN", value: (row) => (row.sticky ? `${row.origin},sticky` : row.origin) },
  { title: "IDLE", value: (row) => (row.idleSeconds === null ? "" : durationText(row.idleSeconds)), align: "right" },
]);

interface MacLeg {
  readonly path: MacPathView;
  readonly vtep?: string;
  readonly leg?: UnderlayView;
  readonly trouble: string;
}

function macLegs(path: MacPathView): MacLeg[] {
  if (path.ways.length === 0) return [{ path, trouble: "" }];
  return path.ways.flatMap(({ vtep, underlay, underlayReason }): MacLeg[] => {
    if (underlay.length === 0) return [{ path, vtep, trouble: underlayReason || "unreachable" }];
    return underlay.map((leg) => ({ path, vtep, leg, trouble: underlayReason || leg.reason }));
  });
}

const macColumns: readonly Column<MacLeg>[] = [
  { title: "MAC", value: ({ path }) => path.mac },
  { title: "BRIDGE-DOMAIN", value: ({ path }) => path.bridgeDomain },
  { title: "VNI", value: ({ path }) => path.vni ?? "", align: "right" },
  { title: "ORIGIN", value: ({ path }) => (path.sticky ? `${path.origin},sticky` : path.origin) },
  { title: "VTEP", value: ({ vtep }) => vtep ?? "" },
  { title: "NEXTHOP", value: ({ leg }) => leg?.via ?? "" },
  { title: "INTERFACE", value: ({ path, leg }) => leg?.interface ?? (path.where === "local" ? placeOf(path) : "") },
  { title: "NEXTHOP-MAC", value: ({ leg }) => leg?.mac ?? "" },
  { title: "ADDRESSES", value: ({ path }) => listText(path.addresses) },
  { title: "TROUBLE", value: ({ trouble }) => trouble },
];

const mac: Noun = {
  name: "mac",
  description: "what a MAC is resolved through: VNI, VTEP, next hop, interface, MAC of the next router",
  argument: new Argument("<mac>", "with colons").argParser(macArgument),
  question: (_options, asked) => ({ path: "mac", query: { mac: asked } }),
  render(answer) {
    const paths = answer as readonly MacPathView[];
    if (paths.length === 0) return "no bridge domain knows this MAC\n";
    return renderTable(macColumns, paths.flatMap(macLegs));
  },
};

const neighbors = list<NeighborView>("neighbors", "bindings of IP addresses to MACs", [
  { title: "BRIDGE-DOMAIN", value: (row) => row.bridgeDomain },
  { title: "VRF", value: (row) => row.vrf ?? "" },
  { title: "IP", value: (row) => row.ip },
  { title: "MAC", value: (row) => row.mac },
  { title: "ORIGIN", value: (row) => row.origin },
  { title: "STATE", value: (row) => row.state },
  { title: "IDLE", value: (row) => (row.idleSeconds === null ? "" : durationText(row.idleSeconds)), align: "right" },
]);

const vteps = list<VtepView>("vteps", "remote VTEPs and the ways to them", [
  { title: "ADDRESS", value: (row) => row.address },
  { title: "MACS", value: (row) => row.macCount, align: "right" },
  ...traffic,
  { title: "BRIDGE-DOMAINS", value: (row) => listText(row.bridgeDomains) },
  { title: "ROUTERS", value: (row) => listText(row.routers.map(routerText)) },
  { title: "PATH-MTU", value: (row) => row.pathMtu ?? "", align: "right" },
  { title: "UNDERLAY", value: underlayText },
]);

function routerText({ vrf, l3vni, routerMac }: VtepRouterView): string {
  return `${vrf} (${l3vni ?? "no L3 VNI"}) ${routerMac}`;
}

function underlayText({ underlay, underlayReason }: VtepView): string {
  const legs = underlay.map(legText).join(", ");
  if (underlayReason === "") return legs;
  return legs === "" ? `unreachable: ${underlayReason}` : `${legs} (unreachable: ${underlayReason})`;
}

function legText({ interface: name, via, mac, reason }: UnderlayView): string {
  return `${name} via ${via} ${mac ?? `(${reason || "unresolved"})`}`;
}

const routes = list<RouteView>("routes", "routes of the VRFs", [
  { title: "VRF", value: (row) => row.vrf },
  { title: "PREFIX", value: (row) => row.prefix },
  { title: "NEXTHOPS", value: (row) => row.nexthops.map(nexthopText).join(", ") },
]);

function nexthopText(nexthop: NexthopView): string {
  if ("gateway" in nexthop) {
    const { gateway, mac, bridgeDomain } = nexthop;
    return `${gateway} in bridge domain ${bridgeDomain} MAC ${mac ?? "unknown"}`;
  }
  if ("bridgeDomain" in nexthop) return `bridge domain ${nexthop.bridgeDomain}`;
  return `${nexthop.vtep} L3 VNI ${nexthop.l3vni ?? "none"} router MAC ${nexthop.routerMac}`;
}

const vrfs = list<VrfView>("vrfs", "VRFs", [
  { title: "NAME", value: (row) => row.name },
  { title: "IRB", value: (row) => row.irb },
  { title: "L3VNI", value: (row) => row.l3vni ?? "", align: "right" },
  { title: "ROUTER-MAC", value: (row) => row.routerMac ?? "" },
  { title: "TABLE", value: (row) => row.table ?? "", align: "right" },
  { title: "ROUTES", value: (row) => row.routeCount, align: "right" },
  { title: "NEIGHBORS", value: (row) => row.neighborCount, align: "right" },
  { title: "BRIDGE-DOMAINS", value: (row) => listText(row.bridgeDomains) },
]);

const bridgeDomains = list<BridgeDomainView>("bridgeDomains", "bridge domains", [
  { title: "NAME", value: (row) => row.name },
  { title: "VNI", value: (row) => row.vni ?? "", align: "right" },
  { title: "VRF", value: (row) => row.vrf ?? "" },
  { title: "PORTS", value: (row) => `${row.floodPortCount}/${row.portCount}`, align: "right" },
  { title: "VTEPS", value: (row) => row.vtepCount, align: "right" },
  { title: "MACS", value: (row) => row.macCount, align: "right" },
  { title: "AGEING", value: (row) => (row.ageing === 0 ? "never" : durationText(row.ageing)), align: "right" },
  { title: "UNKNOWN", value: (row) => row.unknownUnicast },
  ...traffic,
]);

const drops = list<DropView>("drops", "frames that were not forwarded, by reason", [
  { title: "REASON", value: (row) => row.reason },
  { title: "INTERFACE", value: (row) => row.interface ?? "" },
  { title: "BRIDGE-DOMAIN", value: (row) => row.bridgeDomain ?? "" },
  { title: "PACKETS", value: (row) => row.packets, align: "right" },
]);

const repairs = list<RepairView>("repairs", "interfaces that repair Ethertypes, and how often they had to", [
  { title: "INTERFACE", value: (row) => row.interface },
  { title: "ROLE", value: (row) => row.role },
  { title: "REPAIRS", value: (row) => (row.ipv6 ? "IPv4, IPv6" : "IPv4") },
  { title: "FIXED", value: (row) => row.fixed, align: "right" },
  { title: "SUSPICIOUS", value: (row) => row.suspicious, align: "right" },
  { title: "PASSED", value: (row) => row.passed, align: "right" },
]);

const segments = list<SegmentView>("segments", "Ethernet segments that this VTEP is attached to", [
  { title: "ESI", value: (row) => row.esi },
  { title: "INTERFACE", value: (row) => row.interface },
  { title: "BRIDGE-DOMAIN", value: (row) => row.bridgeDomain ?? "" },
  { title: "DESIGNATED", value: (row) => (row.designatedForwarder ? "yes" : "no") },
  { title: "OTHER-VTEPS", value: (row) => listText(row.vteps) },
  { title: "ANNOUNCED", value: (row) => (row.announced ? "yes" : "no") },
]);

const events = list<EventView>("events", "what happened lately, the newest last", [
  { title: "TIME", value: (row) => row.lastTime },
  { title: "KIND", value: (row) => row.kind },
  { title: "TIMES", value: (row) => row.count, align: "right" },
  { title: "WHAT", value: objectsText },
]);

function objectsText({ time, kind, count, lastTime, suppressed, ...objects }: EventView): string {
  const pairs = Object.entries(objects).map(([name, value]) => `${name}=${value}`);
  return [...pairs, ...(suppressed === 0 ? [] : [`(and ${suppressed} more of this kind)`])].join(" ");
}

const auditRows: readonly Column<AuditView>[] = [
  { title: "WHAT", value: (row) => row.what },
  { title: "IN", value: (row) => row.bridgeDomain ?? row.vrf ?? "" },
  { title: "KEY", value: (row) => row.key },
  { title: "FRR", value: (row) => row.frr ?? "" },
  { title: "KERNEL", value: (row) => row.kernel ?? "" },
  { title: "VTEPD", value: (row) => row.vtepd ?? "" },
  { title: "DATA-PATH", value: (row) => row.dataPath ?? "" },
  { title: "ACTION", value: (row) => row.action },
  { title: "OUTCOME", value: (row) => (row.why === "" ? row.outcome : `${row.outcome}: ${row.why}`) },
];

/** Of 100 000 MACs it takes seconds, and each is looked at twice. */
const AUDIT_SILENCE_MS = 600_000;

const audit: Noun = {
  name: "audit",
  description: "where FRR, the kernel, vtepd and its data path differ; repairs it, unless --dry-run",
  question: ({ dryRun }) => ({ method: dryRun === true ? "GET" : "POST", path: "audit", silenceMs: AUDIT_SILENCE_MS }),
  render(answer) {
    const rows = answer as readonly AuditView[];
    return rows.length === 0 ? "nothing differs\n" : renderTable(auditRows, rows);
  },
};

const status: Noun = {
  name: "status",
  description: "state of the VTEP",
  render: (answer) => renderStatus(answer as StatusView),
};

function renderStatus(view: StatusView): string {
  return renderFacts([
    ["state", view.state],
    ...view.reasons.map((reason, index) => [index === 0 ? "reasons" : "", reason] as const),
    ["datapath", `${view.datapath}${view.datapathReason ? ` (${view.datapathReason})` : ""}`],
    ["address", `${view.address} UDP port ${view.udpPort}`],
    ["up for", durationText(view.uptimeSeconds)],
    ["config", view.configFile],
    ["process", view.processId],
    ["version", view.version],
  ]);
}

export const nouns: readonly Noun[] = [
  status,
  ports,
  fdb,
  mac,
  neighbors,
  vteps,
  routes,
  vrfs,
  bridgeDomains,
  drops,
  repairs,
  segments,
  events,
  audit,
];
