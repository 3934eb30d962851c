// The part of the npm package raw-socket that this folder uses; the package has no types of its own.
declare module "raw-socket" {
  import type { EventEmitter } from "node:events";

  export const AddressFamily: { readonly IPv4: 1; readonly IPv6: 2 };
  export const SocketLevel: { readonly SOL_SOCKET: number };
  export const SocketOption: { readonly SO_RCVBUF: number };

  export interface Socket extends EventEmitter {
    /** Queues; the bytes are read when the socket is writable. `sent` gets an Error that bears strerror's text. */
    send(
      buffer: Buffer,
      offset: number,
      length: number,
      address: string,
      sent: (error: Error | null, bytes: number) => void,
    ): this;
    /** setsockopt; what is no integer comes as bytes with their length. */
    setOption(level: number, option: number, value: number): void;
    setOption(level: number, option: number, value: Buffer, length: number): void;
    pauseRecv(): this;
    resumeRecv(): this;
    close(): this;
  }

  export function createSocket(options: { readonly protocol: number; readonly addressFamily: number }): Socket;
}
