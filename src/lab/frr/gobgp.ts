/** GoBGP in a node of a lab: gobgpd, and the routes that it announces from the start. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { VtepError } from "../../wire/error.js";
import type { Instance } from "../instance.js";
import { finish, inNamespace, runText } from "../process.js";
import type { GobgpSpec } from "../topology.js";

const START_TIMEOUT_MS = 10_000;
const POLL_MS = 50;

export class Gobgp {
  #child: ChildProcess | undefined;

  constructor(
    private readonly instance: Instance,
    readonly node: string,
  ) {}

  async start({ config, routes = [] }: GobgpSpec): Promise<void> {
    const file = join(this.instance.folder, `${this.node}.toml`);
    writeFileSync(file, config);
    const log = openSync(this.#logFile, "w");
    // Its API has no authentication: it must not be heard outside.
    const argv = ["gobgpd", "-f", file, "--api-hosts", "127.0.0.1:50051"];
    const [program, args] = inNamespace(this.#namespace, argv);
    this.#child = spawn(program, args, { stdio: ["ignore", log, log], detached: true });
    closeSync(log);
    this.#child.unref();
    await this.#answering();
    for (const route of routes) {
      const words = ["global", "rib", "add", "-a", "evpn", ...route.split(/\s+/)];
      await runText("gobgp", words, { namespace: this.#namespace });
    }
  }

  get #namespace(): string {
    return this.instance.namespaceOf(this.node);
  }

  get #logFile(): string {
    return join(this.instance.folder, `${this.node}.gobgpd.log`);
  }

  async #answering(): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while ((await finish("gobgp", ["global"], { namespace: this.#namespace })).code !== 0) {
      if (this.#child?.exitCode !== null || Date.now() > deadline) {
        const said = readFileSync(this.#logFile, "utf8").trimEnd();
        throw new VtepError("lab_gobgp", `gobgpd of ${this.node} does not start\n${said}`, { node: this.node });
      }
      await delay(POLL_MS);
    }
  }
}
