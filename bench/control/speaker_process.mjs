// bench/bgp/speaker.mjs in the network namespace of a node.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { inNamespace } from "../../dist/lab/process.js";

const program = join(import.meta.dirname, "../bgp/speaker.mjs");

export class SpeakerProcess {
  static async start(namespace, options) {
    const [file, args] = inNamespace(namespace, [process.execPath, program]);
    const speaker = new SpeakerProcess(spawn(file, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] }));
    await speaker.ask("connect", options);
    return speaker;
  }

  constructor(child) {
    this.child = child;
    this.died = once(child, "exit").then(([code]) => ({ failure: `it ended with exit code ${code}` }));
  }

  /** Makes the messages, so that they can be sent at once. */
  prepare(routes) {
    return this.ask("prepare", routes);
  }

  /** Resolves when bgpd has taken nearly all; gives the time of the first byte. */
  send() {
    return this.ask("send");
  }

  async ask(...command) {
    const answered = once(this.child, "message").then(([answer]) => answer);
    this.child.send(command);
    const { value, failure } = await Promise.race([answered, this.died]);
    if (failure !== undefined) throw new Error(`BGP speaker: ${command[0]}: ${failure}`);
    return value;
  }

  async stop() {
    if (this.child.connected) this.child.disconnect();
    await this.died;
  }
}
