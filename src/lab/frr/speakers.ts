/** All that speaks BGP in a lab, by node: made before the daemons, started beside them. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Instance } from "../instance.js";
import { hasKernelFeature } from "../kernel_features.js";
import { vrfPlace, vrfPlaces } from "../kernel_irb.js";
import type { Lab, LabSpec } from "../topology.js";
import { Cell } from "./cell.js";
import { frrText } from "./conf.js";
import { Frr, frrFolder } from "./frr.js";
import { Gobgp } from "./gobgp.js";

/** What this lab needs and this machine has not; a lab without it cannot say anything. */
export function missingPrograms(lab: LabSpec): string[] {
  const nodes = Object.values(lab.nodes);
  return [
    ...(nodes.some(({ frr }) => frr !== undefined) && frrFolder() === undefined ? ["FRR"] : []),
    ...(lab.kernel ?? []).filter((one) => !hasKernelFeature(one)).map((one) => `a kernel with ${one}`),
    ...(nodes.some(({ kind }) => kind === "gobgp") && !isOnPath("gobgpd") ? ["gobgpd"] : []),
  ];
}

const isOnPath = (program: string): boolean =>
  (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));

/** A cell and frr.conf for every node with FRR; nothing runs yet. */
export async function prepareFrr(lab: Lab, instance: Instance): Promise<Map<string, Frr>> {
  const prepare = async (node: string, text: string): Promise<[string, Frr]> => {
    const vrfs = kernelVrfs(lab, instance, node);
    const backend = lab.nodes[node]?.config?.control.frr?.vrfBackend ?? "netns";
    return [node, new Frr(instance, node, await Cell.open(instance, node, vrfs), text, backend)];
  };
  const texts = Object.entries(lab.nodes).flatMap(([node, spec]): [string, string][] => {
    const filled = frrText(lab, spec);
    return filled === undefined ? [] : [[node, filled.text]];
  });
  return new Map(await settled(texts.map(([node, text]) => prepare(node, text))));
}

/** Those of the kernel's VTEP; vtepd makes its own. */
function kernelVrfs(lab: Lab, { namespaceOf }: Instance, node: string): Map<string, string> {
  const spec = lab.nodes[node];
  if (vrfPlaces(node, spec).length === 0) return new Map();
  return new Map((spec?.config?.vrfs ?? []).map(({ name }) => [name, namespaceOf(vrfPlace(node, name))]));
}

export async function startSpeakers(lab: Lab, instance: Instance, frr: ReadonlyMap<string, Frr>): Promise<void> {
  const routers = [...frr.values()].map((one) => one.start());
  const others = Object.entries(lab.nodes).flatMap(([node, { gobgp }]) =>
    gobgp === undefined ? [] : [new Gobgp(instance, node).start(gobgp)],
  );
  await settled([...routers, ...others]);
}

/** Waits for all of them even when one fails: what is still starting could not be ended in order. */
async function settled<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
