/** The archive that a kernel unpacks as its first file system: cpio, format newc (kernel: early-userspace/buffer-format). */

export const FileType = { folder: 0o040000, file: 0o100000, link: 0o120000, characterDevice: 0o020000 } as const;

const TRAILER = "TRAILER!!!";
const ALIGNMENT = 4;

export interface Entry {
  readonly path: string;
  /** Type and permissions. */
  readonly mode: number;
  /** Of a link, where it leads. */
  readonly content?: Uint8Array | string;
  /** Of a device: major and minor number. */
  readonly device?: readonly [number, number];
}

export function archive(entries: readonly Entry[]): Buffer {
  const all = [...entries, { path: TRAILER, mode: 0 }];
  return Buffer.concat(all.map((entry, index) => encode(entry, index + 1)));
}

function encode({ path, mode, content = "", device = [0, 0] }: Entry, inode: number): Buffer {
  const data = Buffer.from(content);
  const name = Buffer.from(`${path}\0`);
  const [owner, group, links, time, major, minor, checksum] = [0, 0, 1, 0, 0, 0, 0];
  const fields = [inode, mode, owner, group, links, time, data.length, major, minor, ...device, name.length, checksum];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`);
  return Buffer.concat([padded(Buffer.concat([header, name])), padded(data)]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((ALIGNMENT - (bytes.length % ALIGNMENT)) % ALIGNMENT)]);
}
