// Options that several commands share, and how their texts become values.

import { type Command, InvalidArgumentError } from "commander";
import { socketOf } from "../client.js";

/** --socket belongs to the program, so that it may stand before and after the command. */
export function socketFor(command: Command): string {
  return socketOf(command.optsWithGlobals<{ socket?: string }>().socket);
}

export function integerBetween(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`Allowed: ${minimum}..${maximum}.`);
  };
}

export function secondsUpTo(maximum: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
    if (value <= maximum) return value;
    throw new InvalidArgumentError(`Allowed: 0..${maximum} seconds.`);
  };
}

const MAC_SEPARATORS = /[:.-]/g;

/** Any common spelling of a MAC, as lower case with colons. */
export function macArgument(text: string): string {
  const digits = text.replace(MAC_SEPARATORS, "").toLowerCase();
  if (!/^[0-9a-f]{12}$/.test(digits)) throw new InvalidArgumentError("Allowed: a MAC such as 02:00:00:00:00:01.");
  return digits.replace(/(..)(?!$)/g, "$1:");
}

export const HIGHEST_VLAN = 4094;
export const HIGHEST_VNI = 0xffffff;
