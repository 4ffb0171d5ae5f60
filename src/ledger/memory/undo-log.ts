/** Makes changes, and keeps how to take them back. */
export class UndoLog {
  /** The last change last. */
  #undo: (() => void)[] = [];

  /** To be called once a change is made. */
  add(undo: () => void): void {
    this.#undo.push(undo);
  }

  assign<Of, Key extends keyof Of>(of: Of, key: Key, value: Of[Key]): void {
    const before = of[key];
    of[key] = value;
    this.add(() => {
      of[key] = before;
    });
  }

  set<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void {
    const before = map.get(key);
    map.set(key, value);
    this.add(() => (before === undefined ? map.delete(key) : map.set(key, before)));
  }

  delete<Key, Value>(map: Map<Key, Value>, key: Key): void {
    const before = map.get(key);
    if (map.delete(key)) this.add(() => map.set(key, before as Value));
  }

  /** What was done stays. */
  forget(): void {
    this.#undo = [];
  }

  /** Takes all back that was not forgotten. */
  undo(): void {
    for (const undo of this.#undo.reverse()) undo();
    this.#undo = [];
  }
}
