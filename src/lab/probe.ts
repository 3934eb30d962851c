/**
 * The program that a lab runs inside its hosts: sends marked datagrams, and streams TCP with contents that the receiver
 * checks. Its one argument is a JSON request; what it has to say is one JSON line. No policy, no expectations.
 */
import { createSocket, type Socket } from "node:dgram";
import { createConnection, createServer } from "node:net";
import { fileURLToPath } from "node:url";

export interface DatagramsRequest {
  readonly kind: "datagrams";
  readonly family: 4 | 6;
  readonly interface: string;
  readonly source: string;
  readonly destination: string;
  readonly cast: "unicast" | "broadcast" | "multicast";
  /** One datagram each; every one from the source port that it names, 0 for any. */
  readonly datagrams: readonly { readonly text: string; readonly sourcePort: number }[];
}

export interface SinkRequest {
  readonly kind: "sink";
  readonly address: string;
}

export interface StreamRequest {
  readonly kind: "stream";
  readonly address: string;
  readonly port: number;
  readonly bytes: number;
}

export type ProbeRequest = DatagramsRequest | SinkRequest | StreamRequest;

export interface SinkReport {
  readonly bytes: number;
  readonly intact: boolean;
  readonly seconds: number;
}

/** Of the discard service. */
const PORT = 9;
const BLOCK_SIZE = 65_536;

/** A pattern without period within the block, so that a lost or repeated piece cannot go unseen. */
function makeBlock(): Buffer {
  const block = Buffer.alloc(BLOCK_SIZE);
  let state = 0x2545f491;
  for (let at = 0; at < BLOCK_SIZE; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    block[at] = state >>> 24;
  }
  return block;
}

const say = (report: object) => process.stdout.write(`${JSON.stringify(report)}\n`);

function bind(request: DatagramsRequest, sourcePort: number): Promise<Socket> {
  const socket = createSocket(request.family === 4 ? "udp4" : "udp6");
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(sourcePort, request.source, () => {
      if (request.cast === "broadcast") socket.setBroadcast(true);
      const name = request.family === 4 ? request.source : `::%${request.interface}`;
      if (request.cast === "multicast") socket.setMulticastInterface(name);
      resolve(socket);
    });
  });
}

async function sendDatagrams(request: DatagramsRequest): Promise<void> {
  const sockets = new Map<number, Socket>();
  for (const { text, sourcePort } of request.datagrams) {
    const socket = sockets.get(sourcePort) ?? (await bind(request, sourcePort));
    sockets.set(sourcePort, socket);
    await new Promise<void>((resolve, reject) => {
      socket.send(text, PORT, request.destination, (error) => (error ? reject(error) : resolve()));
    });
  }
  for (const socket of sockets.values()) socket.close();
}

function receiveStream({ address }: SinkRequest): void {
  const block = makeBlock();
  const server = createServer((socket) => {
    let bytes = 0;
    let intact = true;
    const start = performance.now();
    socket.on("data", (chunk) => {
      for (let at = 0; at < chunk.length; ) {
        const offset = bytes % BLOCK_SIZE;
        const size = Math.min(chunk.length - at, BLOCK_SIZE - offset);
        intact &&= block.compare(chunk, at, at + size, offset, offset + size) === 0;
        at += size;
        bytes += size;
      }
    });
    socket.on("end", () => {
      say({ bytes, intact, seconds: (performance.now() - start) / 1000 });
      socket.end();
      server.close();
    });
  });
  server.listen(0, address, () => say(server.address() as object));
}

function sendStream({ address, port, bytes }: StreamRequest): void {
  const block = makeBlock();
  const socket = createConnection({ host: address, port });
  let sent = 0;
  const pump = () => {
    while (sent < bytes) {
      const piece = block.subarray(0, Math.min(BLOCK_SIZE, bytes - sent));
      sent += piece.length;
      if (!socket.write(piece)) return;
    }
    socket.end();
  };
  socket.on("connect", pump);
  socket.on("drain", pump);
}

async function main(request: ProbeRequest): Promise<void> {
  if (request.kind === "datagrams") await sendDatagrams(request);
  else if (request.kind === "sink") receiveStream(request);
  else sendStream(request);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(JSON.parse(process.argv[2] ?? "") as ProbeRequest);
}
