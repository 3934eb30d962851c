// One BGP session with one peer, from its TCP connection to its end. It announces, and takes no notice of what the peer
// announces. One state machine of RFC 4271 §8 is enough for it: it connects, and is never connected to.
import { connect } from "node:net";
import { BgpError, keepalive, MessageReader, notification, open, parseOpen, Type } from "./message.mjs";

const PORT = 179;
/** "A reasonable maximum time between KEEPALIVE messages would be one third of the Hold Time" (RFC 4271 §4.4). */
const KEEPALIVES_A_HOLD = 3;
const CEASE = { code: 6, subcode: 2 };

export class Session {
  /** Resolves when the session is established, and rejects when it cannot be. */
  static async connect({ local, peer, port = PORT, ...speaker }) {
    const socket = connect({ host: peer, port, localAddress: local, noDelay: true });
    const session = new Session(socket, speaker);
    await session.established;
    return session;
  }

  constructor(socket, { as, routerId, holdSeconds = 90 }) {
    this.socket = socket;
    this.holdSeconds = holdSeconds;
    this.reader = new MessageReader();
    this.established = new Promise((resolve, reject) => {
      this.establish = resolve;
      this.fail = reject;
    });
    this.established.catch(() => undefined); // whoever waits for it hears of it
    /** Why the session ended; undefined while it lasts. */
    this.ended = undefined;
    socket.on("connect", () => socket.write(open({ as, holdSeconds, routerId })));
    socket.on("data", (chunk) => this.receive(chunk));
    socket.on("error", ({ message }) => this.end(message));
    socket.on("close", () => this.end("the peer has closed the connection"));
  }

  /** Resolves when the kernel has taken all of it: not before the peer has read most of it. */
  async send(messages) {
    for (const one of messages) {
      if (this.ended !== undefined) throw new Error(`the BGP session has ended: ${this.ended}`);
      if (!this.socket.write(one)) await this.drained();
    }
    if (this.socket.writableLength > 0) await this.drained();
  }

  /** As one who is administratively down. */
  close() {
    if (this.ended === undefined) this.socket.write(notification(CEASE));
    this.end("closed");
  }

  drained() {
    return new Promise((resolve) => {
      const done = () => {
        this.socket.off("drain", done);
        this.socket.off("close", done);
        resolve();
      };
      this.socket.on("drain", done);
      this.socket.on("close", done);
    });
  }

  receive(chunk) {
    try {
      for (const { type, body } of this.reader.push(chunk)) this.take(type, body);
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
      this.socket.write(notification(error));
      this.end(`the peer sent ${error.message}`);
    }
  }

  take(type, body) {
    if (type === Type.OPEN) this.agree(parseOpen(body));
    else if (type === Type.KEEPALIVE) this.establish();
    else if (type === Type.NOTIFICATION) this.end(`NOTIFICATION ${body[0]}/${body[1]}`);
  }

  agree({ holdSeconds }) {
    const seconds = Math.min(this.holdSeconds, holdSeconds);
    this.socket.write(keepalive());
    if (seconds === 0) return; // neither side wants them
    this.timer = setInterval(() => this.socket.write(keepalive()), (seconds * 1000) / KEEPALIVES_A_HOLD);
  }

  end(reason) {
    if (this.ended !== undefined) return;
    this.ended = reason;
    clearInterval(this.timer);
    this.socket.end();
    this.fail(new Error(`no BGP session: ${reason}`));
  }
}
