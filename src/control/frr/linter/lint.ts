// Known mistakes, one rule each. Who adds a rule adds it here.

import type { VtepConfig } from "../../../config/schema.js";
import * as evpn from "./evpn_rules.js";
import { gatherFacts, type LintFacts } from "./facts.js";
import type { Finding, Rule } from "./finding.js";
import * as hostRules from "./host_rules.js";
import * as segment from "./segment_rules.js";
import * as vni from "./vni_rules.js";

const rules: readonly Rule[] = [evpn, vni, segment, hostRules].flatMap((ones) => Object.values(ones));

export function findingsIn(facts: LintFacts): Finding[] {
  return rules.flatMap((rule) => rule(facts));
}

/** Asks the FRR that the config names. Throws VtepError `frr_unreachable`. */
export async function lintFrr(config: VtepConfig): Promise<Finding[]> {
  return findingsIn(await gatherFacts(config));
}
