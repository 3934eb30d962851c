// Names: each bridge domain and VRF is defined once, and whatever refers to one refers to a defined one.

import type { Path } from "../problem.js";
import { didYouMean } from "../suggest.js";
import { Claims, numbered, type RuleContext } from "./context.js";

const NAMES_IN_MESSAGE = 8;

interface Named {
  readonly name?: string;
}

type Section = "bridgeDomains" | "vrfs";
const titles = { bridgeDomains: "bridge domain", vrfs: "VRF" } as const;

export function namesOnce(context: RuleContext): void {
  checkNames(context, "bridgeDomains", context.config.bridgeDomains);
  checkNames(context, "vrfs", context.config.vrfs);
}

function checkNames({ report, at }: RuleContext, section: Section, list: readonly (Named | undefined)[] = []): void {
  const claims = new Claims<Path>();
  for (const [index, { name }] of numbered(list)) {
    if (name === undefined) continue;
    const path = [section, index, "name"];
    const earlier = claims.claim(name, path);
    if (earlier) report(path, `${titles[section]} ${name} is already defined${at(earlier)}, allowed: each name once`);
  }
}

export function bridgeDomainsDefined(context: RuleContext): void {
  const { config } = context;
  const check = referenceCheck(context, "bridgeDomains", config.bridgeDomains);
  for (const [index, port] of numbered(config.ports)) check(["ports", index, "bridgeDomain"], port.bridgeDomain);
  const remote = config.control?.static;
  for (const [index, vtep] of numbered(remote?.vteps)) {
    for (const [place, name] of numbered(vtep.bridgeDomains)) {
      check(["control", "static", "vteps", index, "bridgeDomains", place], name);
    }
  }
  for (const section of ["fdb", "neighbors"] as const) {
    for (const [index, entry] of numbered<{ readonly bridgeDomain?: string }>(remote?.[section])) {
      check(["control", "static", section, index, "bridgeDomain"], entry.bridgeDomain);
    }
  }
}

export function vrfsDefined(context: RuleContext): void {
  const { config } = context;
  const check = referenceCheck(context, "vrfs", config.vrfs);
  for (const [index, domain] of numbered(config.bridgeDomains)) check(["bridgeDomains", index, "vrf"], domain.vrf);
  for (const [index, route] of numbered(config.control?.static?.routes)) {
    check(["control", "static", "routes", index, "vrf"], route.vrf);
  }
}

function referenceCheck(
  { report, isBroken }: RuleContext,
  section: Section,
  list: readonly (Named | undefined)[] | undefined,
): (path: Path, name: string | undefined) => void {
  const names = new Set<string>();
  // An entry whose name is unreadable may be the one meant.
  let complete = list !== undefined && !isBroken([section]);
  for (const item of list ?? []) {
    if (item?.name === undefined) complete = false;
    else names.add(item.name);
  }
  const hints = new Map<string, string>();
  return (path, name) => {
    if (name === undefined || names.has(name) || !complete) return;
    const hint = hints.get(name) ?? didYouMean(name, names);
    hints.set(name, hint);
    report(path, `${titles[section]} ${name} is not defined${hint}, allowed: ${definedNames(section, names)}`);
  };
}

function definedNames(section: Section, names: ReadonlySet<string>): string {
  if (names.size === 0) return `a name from ${section}, which is empty`;
  const some = [...names].slice(0, NAMES_IN_MESSAGE).join(" | ");
  return names.size > NAMES_IN_MESSAGE ? `${some} and ${names.size - NAMES_IN_MESSAGE} more of ${section}` : some;
}
