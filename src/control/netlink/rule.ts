/**
 * Policy rules: RTM_NEWRULE, RTM_DELRULE (struct fib_rule_hdr, linux/fib_rules.h).
 * Only that they changed matters: the kernel evaluates them whenever we ask it for a route.
 */
const HEADER_SIZE = 12;

export interface RuleMessage {
  readonly family: number;
}

export function decodeRule(view: DataView, start: number, end: number): RuleMessage | null {
  return end - start < HEADER_SIZE ? null : { family: view.getUint8(start) };
}
