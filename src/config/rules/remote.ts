// Remote VTEPs: reachable from the local address, not the local address, and in a flood list once.

import { Limit } from "../../abi/generated.js";
import { familyOf, parseAddress } from "../address.js";
import type { Path } from "../problem.js";
import { Claims, numbered, type RuleContext } from "./context.js";

type RemoteAddress = readonly [Path, string];

/** Every place of the file that names a remote VTEP. */
function* remoteAddresses({ config }: RuleContext): Generator<RemoteAddress> {
  const remote = config.control?.static;
  for (const [index, { address }] of numbered(remote?.vteps)) {
    if (address !== undefined) yield [["control", "static", "vteps", index, "address"], address];
  }
  for (const section of ["fdb", "routes"] as const) {
    for (const [index, { vtep }] of numbered<{ readonly vtep?: string }>(remote?.[section])) {
      if (vtep !== undefined) yield [["control", "static", section, index, "vtep"], vtep];
    }
  }
}

export function remoteVtepsFitLocal(context: RuleContext): void {
  const { config, report, at } = context;
  const remotes = [...remoteAddresses(context)];
  const own = config.vtep?.address;
  const ownPath: Path = ["vtep", "address"];
  const [reference] = own === undefined ? remotes : [[ownPath, own] as const];
  if (reference === undefined) return;
  const family = familyOfText(reference[1]);
  const sound = new Set<string>();
  for (const [path, address] of remotes) {
    if (sound.has(address)) continue;
    if (address === own) {
      report(path, `${address} is this VTEP's own address${at(ownPath)}, allowed: the address of another VTEP`);
    } else if (familyOfText(address) !== family) {
      const other = reference[0] === ownPath ? "the local VTEP" : "another VTEP";
      const wrong = `${address} is ${familyOfText(address)}, but ${other} has ${reference[1]}${at(reference[0])}`;
      report(path, `${wrong}, allowed: ${family} addresses only`);
    } else sound.add(address);
  }
}

function familyOfText(address: string): "IPv4" | "IPv6" {
  const parsed = parseAddress(address);
  return parsed === undefined ? "IPv4" : familyOf(parsed);
}

export function vtepsFitTables(context: RuleContext): void {
  const room = Limit.MAX_VTEPS - 1;
  const seen = new Claims<true>();
  for (const [path, address] of remoteAddresses(context)) {
    if (seen.claim(address, true) === undefined && seen.count === room + 1) {
      context.report(path, `${address} is one VTEP too many, allowed: ${room} different ones`);
    }
  }
}

/** Head-end replication sends one copy per entry: a VTEP that stands twice would get every flooded frame twice. */
export function floodListsWithoutRepeats({ config, report, at }: RuleContext): void {
  const claims = new Claims<Path>();
  for (const [index, { address, bridgeDomains }] of numbered(config.control?.static?.vteps)) {
    if (address === undefined) continue;
    for (const [place, domain] of numbered(bridgeDomains)) {
      const path = ["control", "static", "vteps", index, "bridgeDomains", place];
      const earlier = claims.claim(`${address} ${domain}`, path);
      if (!earlier) continue;
      report(path, `VTEP ${address} is already in bridge domain ${domain}${at(earlier)}, allowed: each VTEP once`);
    }
  }
}
