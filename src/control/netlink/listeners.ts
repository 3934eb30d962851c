/** A typed list of callbacks: what node:events would be with one event and a checked payload. */
export type Unsubscribe = () => void;

export class Listeners<T> {
  private readonly callbacks = new Set<(value: T) => void>();

  add(callback: (value: T) => void): Unsubscribe {
    // Wrapped, so that the same function added twice is called twice and removed once.
    const entry = (value: T): void => callback(value);
    this.callbacks.add(entry);
    return () => this.callbacks.delete(entry);
  }

  emit(value: T): void {
    for (const callback of [...this.callbacks]) callback(value);
  }
}
