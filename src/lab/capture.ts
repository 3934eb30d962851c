/**
 * What arrives at one interface, by tcpdump, frame by frame in memory. Only the incoming direction: on the far end of
 * a link that is what the near end really sent, whichever hook it sent it from.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { VtepError } from "../wire/error.js";
import { patient } from "./patience.js";
import { PcapReader } from "./pcap.js";
import { inNamespace, stop } from "./process.js";

const START_TIMEOUT_MS = patient(5000);
/**
 * tcpdump's ring has slots of the snapshot length: one that holds the largest super-packet would leave room for thirty
 * frames and lose the rest of any burst. All that a lab looks at closely is shorter than this.
 */
const SNAPSHOT_BYTES = 2048;
const RING_KIB = 8192;

export class Capture {
  readonly frames: Buffer[] = [];
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  #said = "";

  private constructor(
    child: ChildProcess,
    private readonly where: string,
    onFrames: () => void,
  ) {
    this.#child = child;
    this.#closed = new Promise((resolve) => child.once("close", () => resolve()));
    child.stderr?.on("data", (data: Buffer) => {
      this.#said += data.toString();
    });
    const reader = new PcapReader();
    child.stdout?.on("data", (chunk: Buffer) => {
      this.frames.push(...reader.push(chunk));
      onFrames();
    });
  }

  /** Resolves when tcpdump listens: nothing that is sent from then on is missed. On a link that is down it stays empty. */
  static async start(namespace: string, interfaceName: string, onFrames: () => void): Promise<Capture> {
    const sizes = ["-s", String(SNAPSHOT_BYTES), "-B", String(RING_KIB)];
    const options = ["-n", "-U", "--immediate-mode", ...sizes, "-Q", "in", "-w", "-", "-i", interfaceName];
    const [program, args] = inNamespace(namespace, ["tcpdump", ...options]);
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    const capture = new Capture(child, `${namespace}:${interfaceName}`, onFrames);
    await capture.#listening();
    return capture;
  }

  #listening(): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const fail = (why: string) => reject(this.#failure(`does not start: ${why}`));
      setTimeout(() => fail("no word of it in time"), START_TIMEOUT_MS).unref();
      this.#child.once("error", (error) => fail(error.message));
      // A link that is down carries nothing, which is no reason to fail.
      this.#child.once("close", () => (this.#said.includes("is not up") ? resolve() : fail(this.#said.trim())));
      this.#child.stderr?.on("data", () => this.#said.includes("listening on") && resolve());
    });
  }

  #failure(what: string): VtepError {
    return new VtepError("lab_capture", `tcpdump on ${this.where} ${what}`);
  }

  /** Ends it, with all that it has seen; throws when that is not all that there was. */
  async stop(): Promise<void> {
    await stop(this.#child, "SIGINT");
    await this.#closed;
    const lost = Number(/(\d+) packets? dropped by kernel/.exec(this.#said)?.[1] ?? 0);
    if (lost > 0) throw this.#failure(`lost ${lost} frames: nothing can be said of the rest`);
  }
}
