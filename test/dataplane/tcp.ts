// A TCP transfer between two namespaces by Node itself: both ends hash what they sent and received.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Namespaces } from "./namespaces.js";

const RECEIVE = `
const { createHash } = require("node:crypto");
const hash = createHash("sha256");
require("node:net").createServer((socket) => {
  socket.on("data", (data) => hash.update(data)).on("end", () => {
    socket.end();
    console.log(hash.digest("hex"));
    process.exit();
  });
}).listen(5001, "::", () => console.log("listening"));`;

const SEND = `
const { createHash, randomBytes } = require("node:crypto");
const data = randomBytes(1 << 20);
const hash = createHash("sha256");
const socket = require("node:net").connect(5001, process.argv[1]);
let left = Number(process.argv[2]);
function more() {
  for (; left > 0; left--) {
    hash.update(data);
    if (!socket.write(data)) { left--; socket.once("drain", more); return; }
  }
  socket.end();
  console.log(hash.digest("hex"));
}
socket.on("connect", more);`;

/** Sends `megabytes` from one host to an address of another. Returns the hash at each end. */
export async function transfer(
  net: Namespaces,
  from: string,
  to: string,
  address: string,
  megabytes: number,
): Promise<{ sent: string; received: string }> {
  const server = spawn("ip", ["netns", "exec", net.full(to), process.execPath, "-e", RECEIVE], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
    await lines.next();
    const sent = await net.exec(from, process.execPath, "-e", SEND, address, String(megabytes));
    return { sent: sent.trim(), received: (await lines.next()).value };
  } finally {
    server.kill();
  }
}
