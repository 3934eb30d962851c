// ICMP errors that routers of the underlay send this host about packets that were too big for them. Only receives, and
// hands the bytes on; whom to believe is control's business. A raw socket sees a copy: the kernel gets them as ever.
// Refuses to be flooded: the kernel's filter lets one type through, and after so many a second nothing is read.

import { createRequire } from "node:module";
import type * as rawSocket from "raw-socket";
import { Family } from "../../abi/generated.js";

/** As a raw socket delivers it: with the IP header over IPv4, without over IPv6 (RFC 3542 §3). Valid until it returns. */
export type MessageListener = (message: Uint8Array) => void;
/** Calls back once after a delay; returns the cancellation. */
export type Later = (ms: number, callback: () => void) => () => void;
export type ErrorSocket = Pick<rawSocket.Socket, "on" | "pauseRecv" | "resumeRecv" | "close">;

const MESSAGES_PER_WINDOW = 64;
const WINDOW_MS = 1_000;
const RECEIVE_BUFFER_BYTES = 64 * 1024;
const IPPROTO_ICMP = 1;
const IPPROTO_ICMPV6 = 58;
/** linux/icmp.h and linux/icmpv6.h: the option of either filter, and the level of the former. */
const FILTER_OPTION = 1;
const SOL_RAW = 255;
const DESTINATION_UNREACHABLE = 3;
const PACKET_TOO_BIG = 2;

export class UnderlayErrors {
  private socket: ErrorSocket | undefined;
  private received = 0;
  private cancelWindow: (() => void) | undefined;

  /** Throws where there can be no such socket. */
  constructor(
    readonly family: number,
    private readonly listener: MessageListener,
    private readonly later: Later,
    private readonly openSocket: (family: number) => ErrorSocket = openErrorSocket,
  ) {
    this.open();
  }

  close(): void {
    this.cancelWindow?.();
    this.cancelWindow = undefined;
    const { socket } = this;
    this.socket = undefined;
    socket?.close();
  }

  private open(): void {
    const socket = this.openSocket(this.family);
    this.socket = socket;
    socket.on("message", (message: Uint8Array) => this.take(message));
    // raw-socket reads no further after an error: another socket does, when the window ends.
    socket.on("error", () => this.lose(socket));
  }

  private take(message: Uint8Array): void {
    this.received += 1;
    this.cancelWindow ??= this.later(WINDOW_MS, () => this.endWindow());
    if (this.received >= MESSAGES_PER_WINDOW) this.socket?.pauseRecv();
    this.listener(message);
  }

  private lose(socket: ErrorSocket): void {
    if (this.socket !== socket) return;
    this.socket = undefined;
    socket.close();
    this.cancelWindow ??= this.later(WINDOW_MS, () => this.endWindow());
  }

  private endWindow(): void {
    this.cancelWindow = undefined;
    const isPaused = this.received >= MESSAGES_PER_WINDOW;
    this.received = 0;
    if (this.socket === undefined) this.reopen();
    else if (isPaused) this.socket.resumeRecv();
  }

  private reopen(): void {
    try {
      this.open();
    } catch {
      this.cancelWindow = this.later(WINDOW_MS, () => this.endWindow());
    }
  }
}

function openErrorSocket(family: number): ErrorSocket {
  const raw = createRequire(import.meta.url)("raw-socket") as typeof rawSocket;
  const ipv6 = family === Family.IPV6;
  const socket = raw.createSocket({
    protocol: ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
    addressFamily: ipv6 ? raw.AddressFamily.IPv6 : raw.AddressFamily.IPv4,
  });
  const filter = ipv6 ? passOnly(PACKET_TOO_BIG, 8) : passOnly(DESTINATION_UNREACHABLE, 1);
  socket.setOption(ipv6 ? IPPROTO_ICMPV6 : SOL_RAW, FILTER_OPTION, filter, filter.length);
  socket.setOption(raw.SocketLevel.SOL_SOCKET, raw.SocketOption.SO_RCVBUF, RECEIVE_BUFFER_BYTES);
  return socket;
}

/** A set bit holds its type back, in words of the host's byte order. */
function passOnly(type: number, words: number): Buffer {
  const mask = new Uint32Array(words).fill(0xffffffff);
  mask[type >>> 5] = ~(1 << (type & 31));
  return Buffer.from(mask.buffer);
}
