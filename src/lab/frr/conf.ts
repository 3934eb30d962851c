/**
 * frr.conf of a node: its own text, or one of the lab's with the node's words in the place of `{word}`. Every node gets
 * the profile that FRR has for data centers (short timers, no policy needed between ASes) and its name.
 */
import { isVtep, type LabSpec, type NodeSpec } from "../topology.js";

const WORD = /\{([a-z][A-Za-z0-9]*)\}/g;

export interface FilledText {
  readonly text: string;
  /** Words without a meaning, and meanings without a word. */
  readonly problems: readonly string[];
}

export function fill(template: string, words: Readonly<Record<string, string>>): FilledText {
  const used = new Set([...template.matchAll(WORD)].map(([, word = ""]) => word));
  const problems = [
    ...[...used].filter((word) => words[word] === undefined).map((word) => `{${word}} is not given`),
    ...Object.keys(words)
      .filter((word) => !used.has(word))
      .map((word) => `'${word}' does not stand in the template`),
  ];
  return { text: template.replace(WORD, (whole, word: string) => words[word] ?? whole), problems };
}

/** frr.conf of a node; undefined for a node without FRR. */
export function frrText(lab: LabSpec, spec: NodeSpec): FilledText | undefined {
  const { frr } = spec;
  if (frr === undefined) return undefined;
  if (typeof frr === "string") return { text: frr, problems: [] };
  const { template: name, ...words } = frr;
  const template = lab.frr?.[name];
  return template === undefined ? { text: "", problems: [`no template '${name}'`] } : fill(template, words);
}

/**
 * Blocks that a daemon must not see: ` vni 100` of bgpd, for one, is a command of zebra's as well, and what bgpd says of
 * a VRF's block looks like the cause of whatever else is wrong.
 */
const FOREIGN: Readonly<Record<string, RegExp>> = {
  zebra: /^(router bgp|bfd)\b/,
  bgpd: /^(bfd|vrf|exit-vrf)\b/,
  bfdd: /^(?!bfd\b)/,
};

/** A block is a line that is not indented, and the indented ones that follow. */
const blocksOf = (text: string): string[] => text.split(/^(?=\S)/m);

/** What one daemon reads of a node's frr.conf. */
export function daemonFile(node: string, daemon: string, text: string): string {
  const own = blocksOf(text).filter((block) => FOREIGN[daemon]?.test(block) !== true);
  return ["frr defaults datacenter\n", `hostname ${node}\n`, "log stdout\n", ...own].join("");
}

/** Everything that is wrong with the nodes' `frr` and `gobgp`. */
export function speakerProblems(lab: LabSpec): string[] {
  return Object.entries(lab.nodes).flatMap(([node, spec]) => [
    ...(frrText(lab, spec)?.problems ?? []).map((problem) => `nodes: ${node}: frr: ${problem}`),
    ...(spec.frr !== undefined && !isVtep(spec) && spec.kind !== "router"
      ? [`nodes: ${node}: a ${spec.kind} runs no FRR`]
      : []),
    ...(spec.frr === undefined && spec.config?.control.mode === "frr" ? [`nodes: ${node}: mode frr needs frr`] : []),
    ...((spec.kind === "gobgp") === (spec.gobgp !== undefined)
      ? []
      : [`nodes: ${node}: kind gobgp and key gobgp belong together`]),
  ]);
}
