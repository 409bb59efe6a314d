/** The order in which round robin chooses, while servers come and go. Recorded runs of LVS: `testing/replay.test.ts`. */
import { expect, it } from 'vitest'
import { roundRobin, server, SmallDirector, WEB } from '../../testing/small-director.ts'

let client = 0
const choices = (director: SmallDirector, count: number): (number | null)[] =>
  Array.from({ length: count }, () => director.choice((client = (client + 1) % 5000)))

it('begins with the server added last and goes round the list', () => {
  expect(choices(new SmallDirector(3), 7)).toEqual([3, 2, 1, 3, 2, 1, 3])
})

it('passes over servers of weight 0, and takes no heed of any other weight', () => {
  const director = new SmallDirector(3)
  director.bench.control.editDest(WEB, server(2, 0))
  director.bench.control.editDest(WEB, server(3, 100))
  expect(choices(director, 4)).toEqual([3, 1, 3, 1])
})

it('chooses none where all weights are 0, and goes on where it was once one is back', () => {
  const director = new SmallDirector(3)
  expect(choices(director, 1)).toEqual([3])
  for (const last of [1, 2, 3]) director.bench.control.editDest(WEB, server(last, 0))
  expect(choices(director, 2)).toEqual([null, null])
  for (const last of [1, 2, 3]) director.bench.control.editDest(WEB, server(last, 1))
  expect(choices(director, 3)).toEqual([2, 1, 3])
})

it('goes on with what followed a choice that was removed', () => {
  const director = new SmallDirector(4)
  expect(choices(director, 2)).toEqual([4, 3])
  director.bench.control.removeDest(WEB, server(3))
  expect(choices(director, 4)).toEqual([2, 1, 4, 2])
})

it('goes on with what followed even if that choice comes back at the head of the list', () => {
  const director = new SmallDirector(4)
  expect(choices(director, 2)).toEqual([4, 3])
  director.bench.control.removeDest(WEB, server(3))
  director.bench.control.addDest(WEB, server(3))
  expect(choices(director, 4)).toEqual([2, 1, 3, 4])
})

it('begins again with the head after the only choice so far was the head and was removed', () => {
  const director = new SmallDirector(2)
  expect(choices(director, 1)).toEqual([2])
  director.bench.control.removeDest(WEB, server(2))
  director.bench.control.addDest(WEB, server(5))
  expect(choices(director, 3)).toEqual([5, 1, 5])
})

it('chooses a new server next only after the round has come to the head', () => {
  const director = new SmallDirector(2)
  expect(choices(director, 1)).toEqual([2])
  director.bench.control.addDest(WEB, server(3))
  expect(choices(director, 4)).toEqual([1, 3, 2, 1])
})

it('goes on where it was once the service was edited, and begins with the head once it had another scheduler', () => {
  const director = new SmallDirector(3)
  const { control } = director.bench
  expect(choices(director, 1)).toEqual([3])
  control.editService({ ...roundRobin(WEB), persistence: null })
  expect(choices(director, 1)).toEqual([2])
  control.editService({ ...roundRobin(WEB), scheduler: 'lc' })
  control.editService(roundRobin(WEB))
  expect(choices(director, 1)).toEqual([3])
})
