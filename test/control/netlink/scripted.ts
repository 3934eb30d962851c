/** A kernel for tests: what is sent is kept, what it says is up to the test. */
import { MessageFlag, MessageType, viewOf } from "../../../src/control/netlink/header.js";
import { MessageWriter } from "../../../src/control/netlink/message_writer.js";
import type { NetlinkTransport } from "../../../src/control/netlink/transport.js";
import { captures, fromHex } from "./captured.js";

export class ScriptedTransport implements NetlinkTransport {
  readonly portId = 4711;
  readonly sent: Uint8Array[] = [];
  isClosed = false;
  deliver: (messages: Uint8Array) => void = () => {};
  overrun: () => void = () => {};
  failure: (error: Error) => void = () => {};
  /** Called with each request, after it was kept. */
  onSend: (message: Uint8Array, sequence: number) => void = () => {};

  send(message: Uint8Array): void {
    this.sent.push(message);
    this.onSend(message, viewOf(message).getUint32(8, true));
  }

  start(onMessages: (messages: Uint8Array) => void, onOverrun: () => void, onError: (error: Error) => void): void {
    this.deliver = onMessages;
    this.overrun = onOverrun;
    this.failure = onError;
  }

  close(): void {
    this.isClosed = true;
  }

  sequenceOf(index: number): number {
    return viewOf(this.sent[index] ?? new Uint8Array(16)).getUint32(8, true);
  }
}

/** A captured message, re-addressed to the request with that sequence number. */
export function answer(name: string, sequence: number, portId = 4711, flags = 0): Uint8Array {
  const message = fromHex(captures[name] ?? "");
  const view = viewOf(message);
  view.setUint16(6, flags, true);
  view.setUint32(8, sequence, true);
  view.setUint32(12, portId, true);
  return message;
}

export function notification(name: string): Uint8Array {
  return answer(name, 0, 0);
}

export function acknowledge(sequence: number, errno = 0): Uint8Array {
  const writer = new MessageWriter(MessageType.error, 0).u32(-errno >>> 0);
  return addressed(writer.u32(16).u32(0).u32(sequence).u32(4711).finish(), sequence, 0);
}

export function done(sequence: number, flags = 0): Uint8Array {
  const message = new MessageWriter(MessageType.done, 0).u32(0).finish();
  return addressed(message, sequence, MessageFlag.multi | flags);
}

export function joined(...messages: Uint8Array[]): Uint8Array {
  return Uint8Array.from(messages.flatMap((message) => [...message]));
}

function addressed(message: Uint8Array, sequence: number, flags: number): Uint8Array {
  const view = viewOf(message);
  view.setUint16(6, flags, true);
  view.setUint32(8, sequence, true);
  view.setUint32(12, 4711, true);
  return message;
}
