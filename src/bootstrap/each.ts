import { complaintOf, type Report } from "./report.ts";

/** So many machines are worked on at once. */
const AT_ONCE_MAX = 16;

/**
 * Does `work` for all of them at once; one that fails is reported and left out of the result, and stops no other.
 * Rejects only when `signal` is aborted.
 */
export async function forEachMachine<Item, Result>(
  items: readonly Item[],
  of: { readonly name: (item: Item) => string; readonly report: Report; readonly signal: AbortSignal },
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Map<Item, Result>();
  const queue = [...items];
  const takeOne = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      of.signal.throwIfAborted();
      try {
        results.set(item, await work(item));
      } catch (error) {
        of.signal.throwIfAborted();
        of.report.fail(of.name(item), complaintOf(error));
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE_MAX }, takeOne));
  return items.flatMap((item) => {
    const result = results.get(item);
    return result === undefined ? [] : [result];
  });
}
