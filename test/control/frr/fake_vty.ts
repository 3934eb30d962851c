// A daemon of FRR made of a table: a unix socket that answers questions as vtysh expects it.

import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface FakeAnswer {
  readonly text: string;
  readonly status?: number;
}

/** FRR's folder of sockets, and the daemons in it. */
export class FakeFrr {
  readonly folder = mkdtempSync(join(tmpdir(), `vtepd-vty-${process.pid}-`));
  private readonly daemons = new Map<string, FakeDaemon>();

  async start(name: string, answers: Readonly<Record<string, string | FakeAnswer>> = {}): Promise<FakeDaemon> {
    const daemon = new FakeDaemon(join(this.folder, `${name}.vty`), answers);
    this.daemons.set(name, daemon);
    await daemon.listen();
    return daemon;
  }

  async remove(): Promise<void> {
    for (const daemon of this.daemons.values()) await daemon.die();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class FakeDaemon {
  readonly asked: string[] = [];
  /** A daemon that hangs reads, and answers nothing. */
  hangs = false;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  constructor(
    private readonly path: string,
    /** Questions that are not in it are unknown commands. */
    public answers: Readonly<Record<string, string | FakeAnswer>>,
  ) {
    this.server = createServer((socket) => this.serve(socket));
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.server.listen(this.path, resolve));
  }

  /** Every connection ends, as when the process does. */
  die(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    return closed;
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("error", () => {});
    let rest = "";
    socket.on("data", (bytes) => {
      const commands = (rest + bytes).split("\0");
      rest = commands.pop()!;
      for (const command of commands) this.answer(socket, command);
    });
  }

  private answer(socket: Socket, command: string): void {
    this.asked.push(command);
    if (this.hangs) return;
    const known = this.answers[command] ?? this.builtIn(command);
    const { text, status = 0 } = typeof known === "string" ? { text: known } : known;
    socket.write(Buffer.concat([Buffer.from(text), Buffer.from([0, 0, 0, status])]));
  }

  private builtIn(command: string): FakeAnswer {
    if (command === "show version") return { text: "FRRouting 8.4.4 (fake) on Linux(6.1.0).\nand more\n" };
    if (command === "enable" || command.startsWith("echo")) return { text: "" };
    return { text: `% [FAKE] Unknown command: ${command}\n`, status: 2 };
  }
}
