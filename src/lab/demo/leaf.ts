/** What a host's leaf is: whose VTEP, which data path. */
import { type HostPlace, hostPlaces, type LabContext } from "../context.js";
import { showRows } from "../daemon.js";
import { peerOf, splitEndpoint } from "../topology.js";

/** How a host's frames enter the overlay: through which VTEP, data path and hook. */
export async function wayInto(context: LabContext, host: string): Promise<string> {
  const place = hostPlaces(context.lab).find(({ node }) => node === host);
  const [vtep, port] = splitEndpoint(peerOf(context.lab, place?.endpoint ?? "") ?? "");
  return describeLeaf(context, vtep, port);
}

export async function describeLeaf({ daemons }: LabContext, vtep: string, port: string): Promise<string> {
  const daemon = daemons.get(vtep);
  if (daemon === undefined) return `${vtep} (Linux bridge + vxlan)`;
  const [status] = await showRows(daemon.socket, "status");
  const row = (await showRows(daemon.socket, "ports")).find((one) => one.interface === port);
  const datapath = String(status?.datapath);
  return row?.hook === datapath ? `${vtep} (vtepd, ${datapath})` : `${vtep} (vtepd, ${datapath} at ${row?.hook})`;
}

/** Every other host, for each host. */
export function pairsOf(hosts: readonly HostPlace[]): [HostPlace, HostPlace][] {
  return hosts.flatMap((from) => hosts.flatMap((to): [HostPlace, HostPlace][] => (to === from ? [] : [[from, to]])));
}
