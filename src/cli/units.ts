// Numbers as people read them.

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;
const STEP = 1024;

/** 999B, 1.2MiB: without a blank, so that columns can be split by blanks. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= STEP && unit < BYTE_UNITS.length - 1) {
    value /= STEP;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)}${BYTE_UNITS[unit]}`;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** 0.3s, 42s, 4m02s, 3h07m, 12d05h */
export function durationText(seconds: number): string {
  if (seconds < 10) return `${Math.round(seconds * 10) / 10}s`;
  const whole = Math.floor(seconds);
  if (whole < MINUTE) return `${whole}s`;
  if (whole < HOUR) return twoParts(whole, MINUTE, "m", 1, "s");
  return whole < DAY ? twoParts(whole, HOUR, "h", MINUTE, "m") : twoParts(whole, DAY, "d", HOUR, "h");
}

function twoParts(seconds: number, big: number, bigUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((seconds % big) / small);
  return `${Math.floor(seconds / big)}${bigUnit}${String(rest).padStart(2, "0")}${smallUnit}`;
}

const SHOWN = 4;

/** red,blue,green,grey,+12 */
export function listText(items: readonly string[]): string {
  const shown = items.slice(0, SHOWN).join(",");
  return items.length > SHOWN ? `${shown},+${items.length - SHOWN}` : shown;
}

/** eth1, or eth1/10 for its VLAN 10 */
export function portText(interfaceName: string | null, vlan: number | null): string {
  return vlan === null ? (interfaceName ?? "") : `${interfaceName ?? ""}/${vlan}`;
}
