/**
 * A conversation with the kernel over one netlink socket: requests with their answers, dumps, notifications.
 *
 * - Answers are matched by sequence number. A change (execute) is answered by an acknowledgement only: the
 *   notification that it causes carries our port and sequence too and must not pass for the answer.
 * - Everything is delivered in the order of the socket and synchronously, so that a dump and the notifications between
 *   its parts can be applied as they come. Only the promises resolve later.
 * - After an overrun answers may be missing: questions are asked again, changes fail with `netlink_answer_lost`, and
 *   whoever keeps a copy of kernel state must dump again (onOverrun). Nothing is guessed. All this waits until the
 *   receive queue has run empty: until then the kernel goes on dropping, without a further word (NETLINK_S_CONGESTED).
 */
import { VtepError } from "../../wire/error.js";
import { type Acknowledgement, decodeAcknowledgement, decodeDone } from "./acknowledgement.js";
import { EmptyQueueWatch } from "./empty_queue.js";
import { ForwardingEntry } from "./forwarding_entry.js";
import {
  AddressFamily,
  MessageFlag,
  type MessageHeader,
  MessageType,
  setSequence,
  viewOf,
  walkMessages,
} from "./header.js";
import { Listeners, type Unsubscribe } from "./listeners.js";
import { decodeMessage, type NetlinkObject } from "./message.js";
import { refusal } from "./refusal.js";
import type { NetlinkTransport } from "./transport.js";

/**
 * Answers queue in the socket's receive buffer, so only so many requests are out at a time; fewer after an overrun, and
 * slowly more again, for nobody knows how large a buffer the system granted.
 */
const MAX_OUTSTANDING = 64;
/** Per answer. So slow that what an overrun makes necessary is done before the next can be provoked. */
const WINDOW_GROWTH = 1 / 256;
const MAX_ATTEMPTS = 10;
/** Silence is asked about once more: an answer can be dropped unannounced behind an overrun. */
const MAX_SILENCES = 2;
const DEFAULT_TIMEOUT_MS = 5_000;

type Expectation = "acknowledgement" | "object" | "dump";

/** Reads one message of an answer. */
type Reader = (view: DataView, header: MessageHeader) => void;

/** The entry is good for the time of the call. */
export type ForwardingListener = (entry: ForwardingEntry, removed: boolean) => void;

interface Request {
  readonly message: Uint8Array;
  readonly expects: Expectation;
  readonly read: Reader;
  readonly resolve: () => void;
  readonly reject: (error: VtepError) => void;
  attempts: number;
  silences: number;
  /** A dump part said that the tables changed under it. */
  interrupted: boolean;
  timer: NodeJS.Timeout | null;
}

export interface NetlinkCounters {
  notifications: number;
  /** Messages whose content made no sense, and receive buffers whose rest was lost to a bad length. */
  malformed: number;
  /** Messages of a kind this codec does not know. */
  unknown: number;
  overruns: number;
  /** Answers to requests that had been given up. */
  stray: number;
}

export interface NetlinkClientOptions {
  /** How long the kernel may stay silent about a request. */
  readonly timeoutMs?: number;
}

export class NetlinkClient {
  readonly counters: NetlinkCounters = { notifications: 0, malformed: 0, unknown: 0, overruns: 0, stray: 0 };
  private readonly timeoutMs: number;
  private readonly outstanding = new Map<number, Request>();
  private readonly waiting: Request[] = [];
  private readonly notifications = new Listeners<NetlinkObject>();
  private readonly entry = new ForwardingEntry();
  private forwarding: readonly ForwardingListener[] = [];
  private readonly overruns = new Listeners<void>();
  private readonly errors = new Listeners<Error>();
  private readonly overrunEnd = new EmptyQueueWatch(() => this.recover());
  private lastDump: Promise<void> = Promise.resolve();
  private window = MAX_OUTSTANDING;
  private sequence = 0;
  private closed = false;

  constructor(
    private readonly transport: NetlinkTransport,
    options: NetlinkClientOptions = {},
  ) {
    this.timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    transport.start(
      (messages) => this.receive(messages),
      () => this.overrun(),
      (error) => this.errors.emit(error),
    );
  }

  onNotification(listener: (object: NetlinkObject) => void): Unsubscribe {
    return this.notifications.add(listener);
  }

  /**
   * Forwarding entries (AF_BRIDGE neighbours) go to these listeners from now on, and no longer to onNotification:
   * there are too many to make an object of each.
   */
  onForwardingEntry(listener: ForwardingListener): Unsubscribe {
    this.forwarding = [...this.forwarding, listener];
    return () => {
      this.forwarding = this.forwarding.filter((other) => other !== listener);
    };
  }

  /** Copies of kernel state are incomplete from here on: dump again. */
  onOverrun(listener: () => void): Unsubscribe {
    return this.overruns.add(listener);
  }

  onError(listener: (error: Error) => void): Unsubscribe {
    return this.errors.add(listener);
  }

  /** A change (encoders with NLM_F_ACK). Rejects with `netlink_refused` and the kernel's words. */
  execute(message: Uint8Array): Promise<void> {
    return this.request(message, "acknowledgement", () => {});
  }

  /** A question with one object for an answer. */
  async get(message: Uint8Array): Promise<NetlinkObject> {
    const answers: NetlinkObject[] = [];
    await this.request(message, "object", (view, header) => this.read(view, header, (object) => answers.push(object)));
    const answer = answers[0];
    if (answer === undefined) throw new VtepError("netlink_malformed", "the kernel's answer could not be read");
    return answer;
  }

  /**
   * Visits every object of a table, as it arrives. One dump at a time: the kernel runs only one per socket. If the
   * table changed meanwhile the dump starts over, and objects are visited again.
   */
  dump(message: Uint8Array, visit: (object: NetlinkObject) => void): Promise<void> {
    return this.dumpBy(message, (view, header) => this.read(view, header, visit));
  }

  /** The same for a table of forwarding entries. */
  dumpForwarding(message: Uint8Array, visit: (entry: ForwardingEntry) => void): Promise<void> {
    return this.dumpBy(message, (view, header) => {
      if (this.readForwarding(view, header)) visit(this.entry);
    });
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.transport.close();
    const error = new VtepError("netlink_closed", "the netlink socket was closed");
    const pending = [...this.outstanding.values(), ...this.waiting];
    this.outstanding.clear();
    this.waiting.length = 0;
    for (const request of pending) this.fail(request, error);
  }

  private dumpBy(message: Uint8Array, read: Reader): Promise<void> {
    const dump = this.lastDump.then(() => this.request(message, "dump", read));
    this.lastDump = dump.catch(() => {});
    return dump;
  }

  private request(message: Uint8Array, expects: Expectation, read: Reader): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(new VtepError("netlink_closed", "the netlink socket is closed"));
      this.waiting.push({
        message,
        expects,
        read,
        resolve,
        reject,
        attempts: 0,
        silences: 0,
        interrupted: false,
        timer: null,
      });
      this.sendWaiting();
    });
  }

  private sendWaiting(): void {
    while (!this.overrunEnd.isWaiting && this.outstanding.size < Math.floor(this.window)) {
      const request = this.waiting.shift();
      if (request === undefined) return;
      this.send(request);
    }
  }

  private send(request: Request): void {
    // Notifications that nobody asked for carry sequence 0.
    this.sequence = this.sequence === 0xffffffff ? 1 : this.sequence + 1;
    const sequence = this.sequence;
    const message = request.message.slice();
    setSequence(message, sequence);
    request.attempts++;
    request.interrupted = false;
    this.outstanding.set(sequence, request);
    request.timer = setTimeout(() => this.expire(sequence), this.timeoutMs).unref();
    try {
      this.transport.send(message);
    } catch (cause) {
      this.take(sequence);
      this.fail(request, new VtepError("netlink_send", "a netlink request could not be sent", {}, cause));
    }
  }

  private receive(messages: Uint8Array): void {
    this.overrunEnd.active();
    const view = viewOf(messages);
    if (!walkMessages(view, (header) => this.dispatch(view, header))) this.counters.malformed++;
  }

  private dispatch(view: DataView, header: MessageHeader): void {
    if (this.closed) return;
    const isOurs = header.portId === this.transport.portId && header.sequence !== 0;
    const request = isOurs ? this.outstanding.get(header.sequence) : undefined;
    if (header.type <= MessageType.overrun) this.control(view, header, request);
    else if (request !== undefined && request.expects !== "acknowledgement") this.answer(view, header, request);
    else if (isOurs && header.flags & MessageFlag.multi) this.counters.stray++;
    else this.notify(view, header);
  }

  private control(view: DataView, header: MessageHeader, request: Request | undefined): void {
    if (header.type === MessageType.noop || header.type === MessageType.overrun) return;
    if (request === undefined) {
      this.counters.stray++;
      return;
    }
    if (header.type === MessageType.done) {
      if (header.flags & MessageFlag.dumpInterrupted) request.interrupted = true;
      this.finish(header.sequence, request, decodeDone(view, header));
      return;
    }
    const acknowledgement = decodeAcknowledgement(view, header);
    if (acknowledgement === null) this.counters.malformed++;
    else this.finish(header.sequence, request, acknowledgement);
  }

  private answer(view: DataView, header: MessageHeader, request: Request): void {
    if (header.flags & MessageFlag.dumpInterrupted) request.interrupted = true;
    request.timer?.refresh();
    request.read(view, header);
    if (request.expects === "object") this.finish(header.sequence, request, null);
  }

  private notify(view: DataView, header: MessageHeader): void {
    if (this.forwarding.length > 0 && isForwarding(view, header)) {
      if (!this.readForwarding(view, header)) return;
      this.counters.notifications++;
      for (const listener of this.forwarding) listener(this.entry, header.type === MessageType.deleteNeighbor);
      return;
    }
    this.read(view, header, (object) => {
      this.counters.notifications++;
      this.notifications.emit(object);
    });
  }

  private read(view: DataView, header: MessageHeader, visit: (object: NetlinkObject) => void): void {
    const object = decodeMessage(view, header);
    if (typeof object === "string") this.counters[object]++;
    else visit(object);
  }

  private readForwarding(view: DataView, header: MessageHeader): boolean {
    const isRead = isForwarding(view, header) && this.entry.read(view, header.start, header.end);
    if (!isRead) this.counters.malformed++;
    return isRead;
  }

  private finish(sequence: number, request: Request, result: Acknowledgement | null): void {
    this.take(sequence);
    this.window = Math.min(MAX_OUTSTANDING, this.window + WINDOW_GROWTH);
    // An overrun can leave our last dump unfinished in the kernel; each answer that is read carries it on.
    if (request.expects === "dump" && result?.errorName === "EBUSY") this.again(request);
    else if (result !== null && result.errno !== 0) this.fail(request, refusal(request.message, result));
    else if (request.interrupted) this.again(request);
    else request.resolve();
    this.sendWaiting();
  }

  private again(request: Request): void {
    if (request.attempts < MAX_ATTEMPTS) this.waiting.unshift(request);
    else
      this.fail(request, new VtepError("netlink_dump_interrupted", "a kernel table changed during every dump of it"));
  }

  private overrun(): void {
    if (this.closed) return;
    this.counters.overruns++;
    this.window = Math.max(1, this.window / 2);
    this.overrunEnd.start();
  }

  /** What is unanswered now will stay so. */
  private recover(): void {
    if (this.closed) return;
    for (const sequence of [...this.outstanding.keys()]) {
      const request = this.take(sequence);
      if (request === undefined) continue;
      if (request.expects !== "acknowledgement" && request.attempts < MAX_ATTEMPTS) this.waiting.unshift(request);
      else this.fail(request, new VtepError("netlink_answer_lost", "the answer was lost in a netlink overrun"));
    }
    this.sendWaiting();
    this.overruns.emit();
  }

  private expire(sequence: number): void {
    const request = this.take(sequence);
    if (request === undefined) return;
    if (request.expects !== "acknowledgement" && ++request.silences < MAX_SILENCES) this.waiting.unshift(request);
    else this.fail(request, new VtepError("netlink_timeout", `the kernel did not answer within ${this.timeoutMs} ms`));
    this.sendWaiting();
  }

  private take(sequence: number): Request | undefined {
    const request = this.outstanding.get(sequence);
    if (request?.timer != null) clearTimeout(request.timer);
    this.outstanding.delete(sequence);
    return request;
  }

  private fail(request: Request, error: VtepError): void {
    if (request.timer !== null) clearTimeout(request.timer);
    request.reject(error);
  }
}

function isForwarding(view: DataView, { type, start, end }: MessageHeader): boolean {
  if (type !== MessageType.newNeighbor && type !== MessageType.deleteNeighbor) return false;
  return end > start && view.getUint8(start) === AddressFamily.bridge;
}
