// An EVPN speaker as a process, for it has to be in the network namespace of a node. Its parent tells it what to do, one
// thing after another, and hears when it is done: [name, argument] and { value } or { failure }.
//
//   connect   { local, peer, as, routerId }
//   prepare   { announce: [routes], withdraw: [routes] }   makes the messages, which takes longer than sending them
//   send      ->  time of the first byte, in nanoseconds of the monotonic clock
//
// It ends with its parent, or when that disconnects.
import { setTimeout as pause } from "node:timers/promises";
import { announced, withdrawn } from "./routes.mjs";
import { Session } from "./session.mjs";

/** A bgpd that has just started refuses its neighbours for a second or two. */
const ATTEMPTS = 50;
const RETRY_MS = 200;

let session;
let speaker;
let messages = [];

async function persistently(connect, attempts = ATTEMPTS) {
  try {
    return await connect();
  } catch (error) {
    if (attempts <= 1) throw error;
    await pause(RETRY_MS);
    return persistently(connect, attempts - 1);
  }
}

const commands = {
  async connect(options) {
    speaker = options;
    session = await persistently(() => Session.connect(options));
  },
  prepare({ announce = [], withdraw = [] }) {
    messages = [...announced(speaker.as, announce), ...withdrawn(withdraw)];
  },
  async send() {
    const at = Number(process.hrtime.bigint());
    await session.send(messages);
    return at;
  },
};

process.on("message", async ([name, argument]) => {
  try {
    process.send({ value: await commands[name](argument) });
  } catch (error) {
    process.send({ failure: error.message });
  }
});
process.on("disconnect", () => session?.close());
