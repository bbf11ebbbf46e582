/** Puts `value` in a name's place for good. An accessor on a prototype is as good as the property: wherever the name is found, it ends. */
export const hide = (object: object, name: string, value: unknown): void => {
  const end = { value, configurable: false, writable: false }
  for (
    let owner: object | null = object;
    owner !== null && owner !== Object.prototype;
    owner = Object.getPrototypeOf(owner)
  ) {
    if (Object.hasOwn(owner, name)) Object.defineProperty(owner, name, end)
  }
  if (value !== undefined) Object.defineProperty(object, name, end)
}
