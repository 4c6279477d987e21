/** Appends items to a list. `list.push(...items)` passes each as an argument, and some 100,000 of them overflow the stack. */
export function pushAll<T>(list: T[], items: Iterable<T>): void {
  for (const item of items) list.push(item)
}
