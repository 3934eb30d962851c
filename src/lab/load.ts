/**
 * Reads `netns-lab/NAME/lab.yaml`. Everything that is wrong with it is said at once, before anything is made.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv, type ErrorObject } from "ajv";
import { parseDocument } from "yaml";
import { VtepError } from "../wire/error.js";
import type { ConvergedCheck, PingCheck, SteadyPings } from "./expectation.js";
import { speakerProblems } from "./frr/conf.js";
import { isAddress } from "./outer.js";
import { ACTIONS, labSchema } from "./schema.js";
import { type Lab, type LabSpec, splitEndpoint } from "./topology.js";

/** The checkout: two folders up, from src/lab and from dist/lab alike. */
export const checkoutRoot = fileURLToPath(new URL("../../", import.meta.url));
const labsFolder = join(checkoutRoot, "netns-lab");

export function labNames(folder = labsFolder): string[] {
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, "lab.yaml")))
    .sort();
}

export function loadLab(name: string, folder = labsFolder): Lab {
  const file = join(folder, name, "lab.yaml");
  if (!existsSync(file)) {
    const known = labNames(folder).join(", ");
    throw new VtepError("lab_unknown", `there is no lab '${name}'; the labs are: ${known}`, { name });
  }
  return { ...parseLab(readFileSync(file, "utf8"), file), name, folder: join(folder, name) };
}

export function parseLab(text: string, file: string): LabSpec {
  const document = parseDocument(text);
  refuse(
    file,
    document.errors.map((error) => error.message),
  );
  const lab: unknown = document.toJS();
  const validate = new Ajv({ allErrors: true, strict: false }).compile<LabSpec>(labSchema);
  if (!validate(lab)) throw invalid(file, (validate.errors ?? []).map(describe));
  refuse(file, [...linkProblems(lab), ...speakerProblems(lab), ...checkProblems(lab)]);
  return lab;
}

function describe(error: ErrorObject): string {
  const key = error.params.additionalProperty;
  const allowed = error.params.allowedValues;
  const detail = key === undefined ? (allowed === undefined ? "" : `: ${allowed.join(", ")}`) : `: ${key}`;
  return `${error.instancePath || "/"} ${error.message}${detail}`;
}

function invalid(file: string, problems: readonly string[]): VtepError {
  return new VtepError("lab_invalid", problems.map((problem) => `${file}: ${problem}`).join("\n"), { problems });
}

function refuse(file: string, problems: readonly string[]): void {
  if (problems.length > 0) throw invalid(file, problems);
}

function linkProblems(lab: LabSpec): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const end of lab.links.flat()) {
    const [node] = splitEndpoint(end);
    if (lab.nodes[node] === undefined) problems.push(`links: no node '${node}'`);
    if (seen.has(end)) problems.push(`links: '${end}' is used twice`);
    seen.add(end);
  }
  return problems;
}

/** Every node name that a check mentions; `h1:eth0.10` means an address of that interface of h1. */
function mentionedNodes(check: LabSpec["expect"][number]): string[] {
  const outer = (check.outer ?? []).flatMap(({ from, to }) => [from, to]);
  if ("ping" in check) return [...pingedNodes(check.ping), ...outer];
  if ("trace" in check) return [...hostNames(check.trace.from, check.trace.to), ...outer];
  if ("icmp" in check) return [...hostNames(check.icmp.from, check.icmp.to), ...outer];
  if ("probes" in check) return [check.probes.host];
  if ("move" in check) return [check.move.host, check.move.switch, ...pingEnds(check.move), ...outer];
  if ("noPing" in check) return [check.noPing.from, ...outer];
  if ("tcp" in check) return [check.tcp.from, check.tcp.to, ...outer];
  if ("show" in check) return [check.show.node];
  if ("links" in check) return [check.links.node, ...pingEnds(check.links)];
  if ("vtysh" in check) return [check.vtysh.node];
  if ("frr" in check) return [check.frr.node, ...pingEnds(check.frr)];
  if ("vtepd" in check) return [check.vtepd.node];
  if ("ethertypeFix" in check) return [check.ethertypeFix.node, ...check.ethertypeFix.pairs.flat()];
  if ("converged" in check) return convergedNodes(check.converged);
  if ("flows" in check)
    return [
      ...hostNames(check.flows.from, check.flows.to),
      ...Object.keys(check.flows.shares).flatMap((way) => way.split(">")),
    ];
  const { from, to, arrives, wire = {} } = check.send;
  const wireEnds = Object.keys(wire).flatMap((key) => key.split(">"));
  return [from, ...(to === undefined ? [] : [to]), ...Object.keys(arrives), ...wireEnds, ...outer];
}

/** Without plain addresses, which may stand for hosts. */
const hostNames = (...names: readonly string[]): string[] => names.filter((name) => !isAddress(name));

const pingEnds = ({ pings = [] }: SteadyPings): string[] => pings.flatMap(({ from, to }) => hostNames(from, to));

function convergedNodes({ nodes = [], hosts = {}, absent = [], routes = {} }: ConvergedCheck["converged"]): string[] {
  const vteps = Object.values(routes).flatMap((prefixes) => Object.values(prefixes).flat());
  return [...nodes, ...Object.keys(hosts), ...Object.values(hosts), ...absent, ...hostNames(...vteps)];
}

function pingedNodes(ping: PingCheck["ping"]): readonly string[] {
  return "from" in ping ? hostNames(ping.from, ...ping.to) : ping.between;
}

function checkProblems(lab: LabSpec): string[] {
  return lab.expect.flatMap((check, index) => {
    const actions = ACTIONS.filter((action) => action in check);
    if (actions.length !== 1) return [`expect ${index + 1}: needs exactly one of ${ACTIONS.join(", ")}`];
    return mentionedNodes(check)
      .map((endpoint) => endpoint.split(":")[0] ?? "")
      .filter((node) => lab.nodes[node] === undefined)
      .map((node) => `expect ${index + 1}: no node '${node}'`);
  });
}
