/**
 * What must be undone however a benchmark ends, by success, error or signal: in reverse order, once each, errors reported and not in each
 * other's way.
 */

const pending: { readonly what: string; readonly undo: () => void }[] = []

/** `undo` is called when the benchmark has ended; `what` names what it leaves behind where it fails. */
export function onCleanUp(what: string, undo: () => void): void {
  pending.push({ what, undo })
}

export function cleanUp(): void {
  for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
    try {
      entry.undo()
    } catch (error) {
      console.error(`${entry.what} is left behind: ${(error as Error).message}`)
    }
  }
}
