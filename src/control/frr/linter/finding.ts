// A known mistake that was found: by a name that stays, with what it does, what to do, and where.

import type { LintFacts } from "./facts.js";

export interface Finding {
  readonly name: string;
  /** Where to look: a daemon's configuration line, a sysctl, an interface, a key of our own file. */
  readonly place: string;
  /** One sentence. */
  readonly happens: string;
  readonly change: string;
}

/** Looks for one kind of mistake. */
export type Rule = (facts: LintFacts) => readonly Finding[];

/** "bgpd: router bgp 1000 > address-family l2vpn evpn > advertise-svi-ip" */
export function lineOf(daemon: string, path: readonly string[]): string {
  return `${daemon}: ${path.join(" > ")}`;
}

export function formatFinding({ name, place, happens, change }: Finding): string {
  return `warning: ${name}: ${place}: ${happens}; ${change}`;
}
