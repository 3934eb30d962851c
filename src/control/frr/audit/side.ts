// What one party to a comparison says: a Map, or what answers as one.

export interface Side<K> {
  get(key: K): string | undefined;
  has(key: K): boolean;
  keys(): Iterable<K>;
}

/** The keys of one side with what another says of them, or `otherwise` where it says nothing. */
export function paired<K>(keys: Side<K>, values: Side<K>, otherwise: string): Side<K> {
  return {
    get: (key) => (keys.has(key) ? (values.get(key) ?? otherwise) : undefined),
    has: (key) => keys.has(key),
    keys: () => keys.keys(),
  };
}

/** All keys with one value. */
export function uniform<K>(keys: Pick<Side<K>, "has" | "keys">, value: string): Side<K> {
  return { get: (key) => (keys.has(key) ? value : undefined), has: (key) => keys.has(key), keys: () => keys.keys() };
}
