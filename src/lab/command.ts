/**
 * One line of a network tool, for one node's namespace or (without a node) for the one we are in. Lines in a row of the
 * same tool and node run as one batch: a lab needs a hundred of them, and a process each would cost a second.
 */
import { runText } from "./process.js";

export type Tool = "ip" | "bridge" | "tc" | "sysctl" | "ethtool";

export interface Command {
  readonly tool: Tool;
  readonly node: string | undefined;
  readonly words: readonly string[];
}

export function command(tool: Tool, node: string | undefined, ...words: string[]): Command {
  return { tool, node, words };
}

const BATCHING: ReadonlySet<Tool> = new Set(["ip", "bridge", "tc"]);

export interface Batch {
  readonly tool: Tool;
  readonly node: string | undefined;
  readonly lines: string[];
}

export function batches(commands: readonly Command[]): Batch[] {
  const result: Batch[] = [];
  for (const { tool, node, words } of commands) {
    const last = result.at(-1);
    if (last !== undefined && BATCHING.has(tool) && last.tool === tool && last.node === node) {
      last.lines.push(words.join(" "));
    } else result.push({ tool, node, lines: [words.join(" ")] });
  }
  return result;
}

/** Runs them in order; the first failure throws and names the line. */
export async function runCommands(commands: readonly Command[], namespaceOf: (node: string) => string): Promise<void> {
  for (const batch of batches(commands)) await runBatch(batch, namespaceOf);
}

async function runBatch({ tool, node, lines }: Batch, namespaceOf: (node: string) => string): Promise<void> {
  const namespace = node === undefined ? undefined : namespaceOf(node);
  if (BATCHING.has(tool)) {
    const inside = namespace === undefined ? [] : ["-n", namespace];
    await runText(tool, [...inside, "-batch", "-"], { input: `${lines.join("\n")}\n` });
    return;
  }
  const quiet = tool === "sysctl" ? ["-qw"] : [];
  for (const line of lines) await runText(tool, [...quiet, ...line.split(" ")], { namespace });
}
