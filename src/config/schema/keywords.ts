// The dialect of the config schema: JSON Schema as `ajv` reads it, narrowed to what a config file needs, plus `unit`.
// Every named key carries a description, so that help and docs have no gaps. It refuses patterns and free-form
// keywords: whatever a person may get wrong must be able to say so in a sentence (formats.ts).

import type { FormatName } from "../formats.js";

interface Annotation {
  /** One sentence for help and docs. */
  readonly description?: string;
  readonly default?: unknown;
  /** What a number counts, for people: "seconds". */
  readonly unit?: string;
}

export interface TextSchema extends Annotation {
  readonly type: "string";
  readonly format: FormatName;
}

export interface ChoiceSchema extends Annotation {
  readonly type: "string";
  readonly enum: readonly string[];
}

export interface IntegerSchema extends Annotation {
  readonly type: "integer";
  readonly minimum: number;
  readonly maximum: number;
}

export interface BooleanSchema extends Annotation {
  readonly type: "boolean";
}

/** A number or a word, such as `ttl: 64` and `ttl: inherit`. */
export interface EitherSchema extends Annotation {
  readonly anyOf: readonly (IntegerSchema | ChoiceSchema)[];
}

export interface ListSchema extends Annotation {
  readonly type: "array";
  readonly items: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
}

export type Properties = Readonly<Record<string, Schema & { readonly description: string }>>;

interface MappingShape extends Annotation {
  readonly properties: Properties;
  readonly required: readonly string[];
}

export interface MappingSchema extends MappingShape {
  readonly type: "object";
  readonly additionalProperties: false;
}

export type Schema =
  | TextSchema
  | ChoiceSchema
  | IntegerSchema
  | BooleanSchema
  | EitherSchema
  | ListSchema
  | MappingSchema;

/** An object schema whose unknown keys are errors; literal types survive, so that `Normalised` can read them. */
export function mapping<const S extends MappingShape>(
  shape: S,
): S & { readonly type: "object"; readonly additionalProperties: false } {
  return { ...shape, type: "object", additionalProperties: false };
}

type Flat<T> = { [K in keyof T]: T[K] };

/** Keys that a normalised object always has: the required ones and those with a default. */
type PresentKey<P, R> = {
  [K in keyof P]: K extends R ? K : P[K] extends { readonly default: unknown } ? K : never;
}[keyof P];

type NormalisedMapping<P, R> = Flat<
  { readonly [K in PresentKey<P, R>]: Normalised<P[K]> } & {
    readonly [K in Exclude<keyof P, PresentKey<P, R>>]?: Normalised<P[K]>;
  }
>;

type NormalisedList<S, I> = S extends { readonly minItems: 2; readonly maxItems: 2 }
  ? readonly [Normalised<I>, Normalised<I>]
  : readonly Normalised<I>[];

/** The TypeScript type of a value that passed schema `S` and had its defaults filled in. */
export type Normalised<S> = S extends { readonly enum: readonly (infer V)[] }
  ? V
  : S extends { readonly anyOf: readonly (infer B)[] }
    ? NormalisedBranch<B>
    : S extends { readonly type: "integer" }
      ? number
      : S extends { readonly type: "boolean" }
        ? boolean
        : S extends { readonly type: "string" }
          ? string
          : S extends { readonly type: "array"; readonly items: infer I }
            ? NormalisedList<S, I>
            : S extends { readonly properties: infer P; readonly required: readonly (infer R)[] }
              ? NormalisedMapping<P, R>
              : never;

type NormalisedBranch<B> = B extends unknown ? Normalised<B> : never;

/** A value of which any part may be missing or unreadable: what the rules see, so that no error hides another. */
export type Draft<T> = T extends readonly (infer I)[]
  ? readonly (Draft<I> | undefined)[]
  : T extends object
    ? { readonly [K in keyof T]?: Draft<T[K]> }
    : T;
