/**
 * What arrives at one interface, by tcpdump, frame by frame in memory. Only the incoming direction: on the far end of
 * a link that is what the near end really sent, whichever hook it sent it from.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { VtepError } from "../wire/error.js";
import { PcapReader } from "./pcap.js";
import { inNamespace, stop } from "./process.js";

const START_TIMEOUT_MS = 5000;

export class Capture {
  readonly frames: Buffer[] = [];
  readonly #child: ChildProcess;
  #changed: (() => void)[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    const reader = new PcapReader();
    child.stdout?.on("data", (chunk: Buffer) => {
      this.frames.push(...reader.push(chunk));
      for (const notify of this.#changed.splice(0)) notify();
    });
  }

  /** Resolves when tcpdump listens: nothing that is sent from then on is missed. On a link that is down it stays empty. */
  static async start(namespace: string, interfaceName: string): Promise<Capture> {
    const options = ["-n", "-U", "--immediate-mode", "-s", "0", "-B", "8192", "-Q", "in", "-w", "-"];
    const [program, args] = inNamespace(namespace, ["tcpdump", ...options, "-i", interfaceName]);
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    const capture = new Capture(child);
    await listening(child, `${namespace}:${interfaceName}`);
    return capture;
  }

  /** Waits until `done` holds of the frames; false if it does not within the time. */
  async until(done: (frames: readonly Buffer[]) => boolean, timeoutMs: number): Promise<boolean> {
    const deadline = Date.now() + timeoutMs;
    while (!done(this.frames)) {
      const left = deadline - Date.now();
      if (left <= 0) return false;
      await this.#nextChange(left);
    }
    return true;
  }

  #nextChange(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#changed.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  async stop(): Promise<void> {
    await stop(this.#child, "SIGINT");
  }
}

function listening(child: ChildProcess, where: string): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    let said = "";
    const fail = (why: string) => reject(new VtepError("lab_capture", `tcpdump does not capture on ${where}: ${why}`));
    setTimeout(() => fail("it does not start"), START_TIMEOUT_MS).unref();
    child.once("error", (error) => fail(error.message));
    // A link that is down carries nothing, which is no reason to fail.
    child.once("exit", () => (said.includes("is not up") ? resolve() : fail(said.trim())));
    child.stderr?.on("data", (data: Buffer) => {
      said += data.toString();
      if (said.includes("listening on")) resolve();
    });
  });
}
