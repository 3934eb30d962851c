// One held-open conversation with one of FRR's daemons. Questions queue: a daemon answers one after the other. While the
// connection stands the daemon lives: it ends at once when the daemon does.
//
// Answers can have tens of megabytes. They are cut into lines as they come, so that none of it piles up. The event loop
// turns after each piece, and pieces are small: by itself Node would read 64 KiB at a time, for as long as there are some.

import { connect, type Socket } from "node:net";
import { VtepError } from "../../../wire/error.js";
import { Listeners, type Unsubscribe } from "../../netlink/listeners.js";
import { AnswerReader, AnswerStatus } from "./answer.js";

/** zebra writes nothing before it has all of a JSON document, which took it 5 s for 100 000 MACs on a busy machine. */
const SILENCE_MS = 30_000;
/** A hundred lines: a quarter of a millisecond. */
const PIECE_BYTES = 8 * 1024;
/** Of a refusal's text, for the message. */
const MOST_WORDS = 300;

/** Who answers questions; a VtyConnection, or what a test puts in its place. */
export interface Vty {
  /** The answer line by line, without line ends. Rejects with `frr_refused`, `frr_silent` or `frr_gone`. */
  lines(command: string, visit: (line: string) => void): Promise<void>;
  text(command: string): Promise<string>;
}

interface Question {
  readonly command: string;
  readonly visit: (line: string) => void;
  readonly resolve: () => void;
  readonly reject: (error: VtepError) => void;
}

export class VtyConnection implements Vty {
  private readonly reader: AnswerReader;
  private readonly waiting: Question[] = [];
  private readonly closings = new Listeners<void>();
  private asked: Question | undefined;
  private decoder = new TextDecoder();
  private rest = "";
  private firstLines: string[] = [];
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  private constructor(
    private readonly socket: Socket,
    private readonly path: string,
    private readonly silenceMs: number,
  ) {
    this.reader = new AnswerReader({
      text: (bytes) => this.takeText(this.decoder.decode(bytes, { stream: true })),
      end: (status) => this.endAnswer(status),
      broken: () => this.fail(new VtepError("frr_nonsense", `what answers at ${path} does not speak as FRR does`)),
    });
    socket.on("error", () => this.fail(this.gone()));
    socket.on("close", () => this.fail(this.gone()));
    socket.resume();
  }

  /** Rejects with the system's error: see unreachable.ts. */
  static open(path: string, silenceMs = SILENCE_MS): Promise<VtyConnection> {
    return new Promise((resolve, reject) => {
      let connection: VtyConnection | undefined;
      const callback = (count: number, buffer: Uint8Array): boolean => {
        connection?.receive(buffer.subarray(0, count));
        return false;
      };
      const socket = connect({ path, onread: { buffer: Buffer.alloc(PIECE_BYTES), callback } });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        connection = new VtyConnection(socket, path, silenceMs);
        resolve(connection);
      });
    });
  }

  get closed(): boolean {
    return this.isClosed;
  }

  /** The daemon is gone, or said nothing for too long. Once. */
  onClose(listener: () => void): Unsubscribe {
    return this.closings.add(listener);
  }

  lines(command: string, visit: (line: string) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) return reject(this.gone());
      this.waiting.push({ command, visit, resolve, reject });
      if (this.asked === undefined) this.askNext();
    });
  }

  async text(command: string): Promise<string> {
    const lines: string[] = [];
    await this.lines(command, (line) => lines.push(line));
    return lines.join("\n");
  }

  close(): void {
    this.fail(this.gone());
  }

  private askNext(): void {
    const question = this.waiting.shift();
    this.asked = question;
    if (question === undefined) return;
    this.decoder = new TextDecoder();
    this.rest = "";
    this.firstLines = [];
    this.timer = setTimeout(() => this.fail(this.silent(question.command)), this.silenceMs).unref();
    this.socket.write(`${question.command}\0`);
  }

  private receive(bytes: Uint8Array): void {
    this.timer?.refresh();
    if (this.asked !== undefined) this.reader.receive(bytes);
    setImmediate(() => this.socket.resume());
  }

  private takeText(text: string): void {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop()!;
    for (const line of lines) this.takeLine(line);
  }

  private takeLine(line: string): void {
    if (this.firstLines.length < 3) this.firstLines.push(line);
    this.asked?.visit(line.endsWith("\r") ? line.slice(0, -1) : line);
  }

  private endAnswer(status: number): void {
    const question = this.asked;
    if (question === undefined) return;
    if (this.rest !== "") this.takeLine(this.rest);
    clearTimeout(this.timer);
    if (status === AnswerStatus.success) question.resolve();
    else question.reject(this.refused(question.command, status));
    this.askNext();
  }

  private fail(error: VtepError): void {
    if (this.isClosed) return;
    this.isClosed = true;
    clearTimeout(this.timer);
    this.socket.destroy();
    const questions = [...(this.asked === undefined ? [] : [this.asked]), ...this.waiting.splice(0)];
    this.asked = undefined;
    for (const question of questions) question.reject(error);
    this.closings.emit();
  }

  private refused(command: string, status: number): VtepError {
    const words = this.firstLines.join(" ").trim().slice(0, MOST_WORDS);
    return new VtepError("frr_refused", `FRR refused '${command}': ${words || `status ${status}`}`, {
      command,
      status,
    });
  }

  private silent(command: string): VtepError {
    return new VtepError("frr_silent", `nothing came from ${this.path} within ${this.silenceMs / 1000} s`, { command });
  }

  private gone(): VtepError {
    return new VtepError("frr_gone", `the connection to ${this.path} is closed`, { path: this.path });
  }
}
