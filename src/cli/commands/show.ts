// vtepd show NOUN: what the daemon knows, as a table, or with --json as the API says it.

import { pipeline } from "node:stream/promises";
import { type Command, Option } from "commander";
import { ask, brokenOff, open, type Question } from "../client.js";
import { type Noun, nouns } from "../nouns.js";
import { HIGHEST_VLAN, HIGHEST_VNI, integerBetween, macArgument, socketFor } from "./options.js";

const MOST_EVENTS = 100_000;

/** Options of a noun; their names are those of the API's query. */
const filters: Readonly<Record<string, readonly Option[]>> = {
  fdb: [
    new Option("--bridge-domain <name>", "only this bridge domain"),
    new Option("--vni <vni>", "only this L2 VNI").argParser(integerBetween(1, HIGHEST_VNI)),
    new Option("--mac <mac>", "only this MAC").argParser(macArgument),
    new Option("--interface <name>", "only behind this interface"),
    new Option("--vlan <vlan>", "only in this VLAN; 0 is untagged").argParser(integerBetween(0, HIGHEST_VLAN)),
    new Option("--vtep <address>", "only behind this VTEP"),
    new Option("--where <place>", "only these").choices(["local", "remote"]),
    new Option("--origin <origin>", "only these").choices(["learned", "static", "evpn"]),
  ],
  audit: [new Option("--dry-run", "only look; change nothing")],
  events: [new Option("--limit <count>", "only the newest").argParser(integerBetween(1, MOST_EVENTS))],
};

export function registerShow(program: Command): void {
  const show = program
    .command("show")
    .description("what a running VTEP knows")
    .option("--json", "one JSON document instead of a table")
    .usage("NOUN [options]")
    .showHelpAfterError(`nouns: ${nouns.map(({ name }) => name).join(", ")}`);
  for (const noun of nouns) {
    const command = show.command(noun.name).description(noun.description);
    if (noun.name !== noun.name.toLowerCase()) command.alias(dashed(noun.name));
    for (const option of filters[noun.name] ?? []) command.addOption(option);
    if (noun.argument !== undefined) command.addArgument(noun.argument);
    command.action(() => showNoun(noun, command));
  }
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

async function showNoun(noun: Noun, command: Command): Promise<void> {
  const socket = socketFor(command);
  const query = command.opts<NonNullable<Question["query"]>>();
  const question = noun.question?.(query, command.processedArgs[0]) ?? { path: noun.name, query };
  const { json } = command.optsWithGlobals<{ json?: boolean }>();
  if (json !== true) {
    process.stdout.write(noun.render(await ask(socket, question)));
    return;
  }
  const answer = await open(socket, question);
  try {
    // Passed on as it comes: a long list never stands in memory.
    await pipeline(answer, process.stdout, { end: false });
  } catch (cause) {
    throw brokenOff(socket, cause);
  }
}
