import { VtepError } from "../wire/error.js";

/** What the addon knows about a failure beyond its message. */
export interface NativeErrorDetails {
  /** Symbolic errno ("EPERM"), or "ELIBBPF_<number>" for libbpf's own codes, or "EINVAL" for a bad argument. */
  readonly code: string;
  /** Positive errno. */
  readonly errno: number;
  /** The system call or libbpf function that failed. */
  readonly syscall: string;
  /** What libbpf printed while it tried (object load and attach only). */
  readonly libbpfLog?: string;
  /** The verifier's log of the program that was refused. */
  readonly verifierLog?: string;
  /** Entries that a bulk operation carried out before it failed. */
  readonly done?: number;
}

/** Every failure of the addon. The message says what was attempted and why the kernel refused. */
export class NativeError extends VtepError {
  override readonly name = "NativeError";
  readonly errno: number;
  readonly syscall: string;
  readonly libbpfLog: string | undefined;
  readonly verifierLog: string | undefined;

  constructor(message: string, details: NativeErrorDetails) {
    const { code, errno, syscall, done } = details;
    super(code, message, done === undefined ? { errno, syscall } : { errno, syscall, done });
    this.errno = details.errno;
    this.syscall = details.syscall;
    this.libbpfLog = details.libbpfLog;
    this.verifierLog = details.verifierLog;
  }
}
