/** What a vtepd says that it knows. */
import { type ShowRow, showRows } from "./daemon.js";
import { bindingFact, type Fact, floodFact, macFact, routeFact } from "./facts.js";

export async function daemonFacts(socket: string): Promise<Set<Fact>> {
  const nouns = ["vteps", "fdb", "neighbors", "routes"].map((noun) => showRows(socket, noun));
  const [vteps = [], fdb = [], neighbors = [], routes = []] = await Promise.all(nouns);
  return new Set([
    ...vteps.flatMap(floods),
    ...fdb
      .filter(({ where }) => where === "remote")
      .map((row) => macFact(text(row, "bridgeDomain"), text(row, "mac"), text(row, "vtep"))),
    ...neighbors.map((row) => bindingFact(text(row, "bridgeDomain"), text(row, "ip"), text(row, "mac"))),
    ...routes.flatMap(paths),
  ]);
}

const text = (row: ShowRow, key: string): string => String(row[key]);
const list = (row: ShowRow, key: string): readonly unknown[] => (Array.isArray(row[key]) ? row[key] : []);

function floods(row: ShowRow): Fact[] {
  return list(row, "bridgeDomains").map((domain) => floodFact(String(domain), text(row, "address")));
}

function paths(row: ShowRow): Fact[] {
  return (list(row, "nexthops") as ShowRow[])
    .filter(({ vtep }) => vtep !== undefined)
    .map((hop) => routeFact(text(row, "vrf"), text(row, "prefix"), text(hop, "vtep")));
}
