/**
 * Brings a lab up, asks what it expects, takes it down. Whatever happens in between, nothing of it stays.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { VtepError } from "../wire/error.js";
import { awaitCarrier } from "./carrier.js";
import { checkDatapath } from "./checks/datapath.js";
import { describeCheck, runCheck } from "./checks/run.js";
import { runCommands } from "./command.js";
import { type LabContext, probeProgram } from "./context.js";
import { Daemon } from "./daemon.js";
import { diagnose } from "./diagnose.js";
import type { Check } from "./expectation.js";
import type { Frr } from "./frr/frr.js";
import { missingPrograms, prepareFrr, startSpeakers } from "./frr/speakers.js";
import { guard, Instance, sweep } from "./instance.js";
import { homeOf } from "./kernel_irb.js";
import { checkoutRoot } from "./load.js";
import { patient } from "./patience.js";
import { interfacesOf, type NamespaceOf, plan, withVariant } from "./plan.js";
import type { Lab, Variant } from "./topology.js";

const dot1qObject = join(checkoutRoot, "build/bpf/dot1q.bpf.o");
const wrongEthertypeObject = join(checkoutRoot, "build/bpf/wrong_ethertype.bpf.o");
const LINKS_TIMEOUT_MS = patient(5000);
export interface CheckResult {
  readonly name: string;
  /** `skipped`: does not concern this variant. */
  readonly state: "passed" | "failed" | "skipped";
  readonly problems: readonly string[];
  readonly detail: string;
}

export interface LabReport {
  readonly lab: string;
  readonly variant: Variant;
  readonly results: readonly CheckResult[];
  /** State of all VTEPs, if something failed. */
  readonly diagnosis: string | undefined;
}

/** Without a lab: whether any can run. */
export function refuseUnlessPossible(lab?: Lab): void {
  if (process.getuid?.() !== 0) {
    throw new VtepError("lab_root", "labs are made of network namespaces, which needs root: run this with sudo");
  }
  for (const file of [probeProgram, dot1qObject, wrongEthertypeObject]) {
    if (!existsSync(file)) throw new VtepError("lab_build", `${file} is missing: run 'npm run build'`, { file });
  }
  const missing = lab === undefined ? [] : missingPrograms(lab);
  if (missing.length > 0) {
    throw new VtepError("lab_programs", `this lab needs ${missing.join(" and ")}, which is not installed`, { missing });
  }
}

/** Makes everything and waits until every vtepd forwards. The caller owns the instance and removes it. */
async function bringUp(lab: Lab, instance: Instance, variant: Variant): Promise<LabContext> {
  const chosen = withVariant(lab, variant);
  const { namespaceOf } = instance;
  await runCommands(plan(chosen, { namespaceOf, dot1qObject, wrongEthertypeObject }), namespaceOf);
  await Promise.all(Object.keys(chosen.nodes).map((node) => awaitLinks(chosen, node, namespaceOf)));
  const frr = await prepareFrr(chosen, instance);
  const ours = Object.entries(chosen.nodes).flatMap(([node, { kind, config }]): Daemon[] =>
    kind === "vtepd" && config !== undefined ? [new Daemon(instance, node, config, variant, frr.get(node)?.cell)] : [],
  );
  for (const daemon of ours) await daemon.start();
  const waiting = [startSpeakers(chosen, instance, frr), ...ours.map((daemon) => daemon.waitUntilReady())];
  const failed = (await Promise.allSettled(waiting)).find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return { lab: chosen, instance, variant, daemons: new Map(ours.map((daemon) => [daemon.node, daemon])), frr };
}

async function awaitLinks(lab: Lab, node: string, namespaceOf: NamespaceOf): Promise<void> {
  const homes = interfacesOf(lab, node).map((name) => [homeOf(node, lab.nodes[node], name), name] as const);
  for (const home of new Set(homes.map(([place]) => place))) {
    const names = homes.flatMap(([place, name]) => (place === home ? [name] : []));
    const late = await awaitCarrier(namespaceOf(home), names, "up", LINKS_TIMEOUT_MS);
    if (late.length > 0) throw new VtepError("lab_link", `links of ${node} do not come up: ${late.join(", ")}`);
  }
}

/** A lab that stays until `lab down`. */
export async function upLab(lab: Lab, variant: Variant): Promise<Instance> {
  refuseUnlessPossible(lab);
  sweep();
  const instance = Instance.create(lab.name, variant, true);
  const release = guard(instance);
  try {
    await bringUp(lab, instance, variant);
    return instance;
  } catch (error) {
    instance.remove();
    throw error;
  } finally {
    release();
  }
}

/** Runs `work` in a lab of its own and removes the lab. */
export async function withLab<T>(lab: Lab, variant: Variant, work: (context: LabContext) => Promise<T>): Promise<T> {
  refuseUnlessPossible(lab);
  sweep();
  const instance = Instance.create(lab.name, variant, false);
  const release = guard(instance);
  try {
    return await work(await bringUp(lab, instance, variant));
  } finally {
    release();
    instance.remove();
  }
}

export function testLab(
  lab: Lab,
  variant: Variant,
  onResult: (result: CheckResult) => void = () => {},
): Promise<LabReport> {
  return withLab(lab, variant, async (context) => {
    const results: CheckResult[] = [];
    const note = (...some: CheckResult[]) => {
      results.push(...some);
      for (const one of some) onResult(one);
    };
    const daemons = [...context.daemons.values()];
    note(...(await Promise.all(daemons.map((daemon) => judgeDatapath(daemon, variant)))));
    for (const check of context.lab.expect) {
      note(await judge(context, check));
      // The rest would only wait for it.
      if (daemons.some(({ hasDied }) => hasDied)) break;
    }
    note(...[...context.frr.values()].flatMap(checkFrr));
    const failed = results.some(({ state }) => state === "failed");
    const diagnosis = failed ? await diagnose(context) : undefined;
    note(...(await Promise.all(daemons.map(checkStop))));
    return { lab: lab.name, variant, results, diagnosis };
  });
}

async function judge(context: LabContext, check: Check): Promise<CheckResult> {
  const name = describeCheck(check);
  const needsDaemon = check.vtepdOnly === true || "show" in check;
  if (needsDaemon && context.variant === "kernel")
    return { name, state: "skipped", problems: [], detail: "of vtepd only" };
  try {
    const { problems, detail } = await runCheck(context, check);
    return { name, state: problems.length === 0 ? "passed" : "failed", problems, detail };
  } catch (error) {
    return { name, state: "failed", problems: [error instanceof Error ? error.message : String(error)], detail: "" };
  }
}

async function judgeDatapath(daemon: Daemon, variant: Variant): Promise<CheckResult> {
  const { problems, detail } = await checkDatapath(daemon.socket, variant);
  const state = problems.length === 0 ? "passed" : "failed";
  return { name: `${daemon.node} forwards by ${variant}`, state, problems, detail };
}

/** Said only when something is wrong: a daemon of FRR that died by itself. */
function checkFrr(frr: Frr): CheckResult[] {
  const problems = frr.dead();
  return problems.length === 0 ? [] : [{ name: `FRR of ${frr.node} runs`, state: "failed", problems, detail: "" }];
}

async function checkStop(daemon: Daemon): Promise<CheckResult> {
  const problems = await daemon.stop();
  const state = problems.length === 0 ? "passed" : "failed";
  return { name: `${daemon.node} ends in order and leaves nothing behind`, state, problems, detail: "" };
}
