import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Scenario } from '../scenario.ts'
import { SCENARIOS } from '../scenarios.ts'
import { natLc } from '../scenarios/nat-lc.ts'
import { natRr } from '../scenarios/nat-rr.ts'
import { forwardedWays } from './forwarded-ways.ts'
import { hops, layOut, numbered } from './layout.ts'
import { drawPicture } from './picture.ts'

const FOLDER = fileURLToPath(new URL('../../../docs/pictures/', import.meta.url))
const pictured = readdirSync(FOLDER).map((file) => file.replace(/\.svg$/, ''))
const methodsOf = (scenarios: readonly Scenario[]) =>
  new Set(scenarios.flatMap((scenario) => forwardedWays(scenario).map(({ method }) => method)))

describe('docs/pictures', () => {
  it.each(pictured)('%s.svg is as "weir lab %s --draw" draws it', (name) => {
    const scenario = SCENARIOS.find((each) => each.name === name)
    expect(scenario, `there is no scenario ${name}`).toBeDefined()
    if (scenario !== undefined) expect(readFileSync(`${FOLDER}${name}.svg`, 'utf8')).toBe(drawPicture(scenario))
  })

  it('has every forwarding method that a scenario has', () => {
    const drawn = SCENARIOS.filter(({ name }) => pictured.includes(name))
    expect(methodsOf(drawn)).toEqual(methodsOf(SCENARIOS))
  })
})

describe('a picture', () => {
  it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    'of %s has every host with its addresses, every segment, and each leg twice by its number',
    (_, scenario) => {
      const picture = drawPicture(scenario)
      const { hosts, segments } = scenario.topology
      for (const host of hosts) {
        expect(picture).toContain(`>${host.name}</text>`)
        for (const { address } of host.interfaces) expect(picture).toMatch(new RegExp(`>(VIP )?${address}</text>`))
      }
      for (const { name, network } of segments) expect(picture).toContain(`>${name}, ${network}</text>`)
      const legs = forwardedWays(scenario).flatMap((way) => way.legs)
      expect(legs.length).toBeGreaterThan(0)
      for (const number of legs.keys()) expect(picture.split(`>${number + 1}</text>`)).toHaveLength(3)
    },
  )

  it('says in words what it shows', () => {
    const picture = drawPicture(natRr)
    expect(picture).toContain('<title id="title">NAT mode with RR method (nat-rr)</title>')
    expect(picture).toContain(
      'reply from nginx1 to director: 22.22.22.23:80 → 11.11.11.11:49152, to the default gateway',
    )
  })

  it('has a tunnel only where packets travel in one', () => {
    const tunnelled = { ...natRr, steps: [{ do: 'ipvsadm', words: '-a -t 11.11.11.12:80 -r 22.22.22.23 -i' } as const] }
    expect(drawPicture(natRr)).not.toContain('<path class="tunnel"')
    expect(drawPicture(tunnelled)).toContain('<path class="tunnel"')
  })

  it('has no two legs on each other, and none on a wire', () => {
    const legs = numbered(forwardedWays(natLc))
    const layout = layOut(natLc, legs.length, 0)
    const middles = layout.boxes.map(({ x, width }) => x + width / 2)
    const columns = legs.map((leg) => new Set(hops(leg, layout).flatMap((points) => points.map(({ x }) => x))))
    const flat = columns.flatMap((xs) => [...xs])
    expect(new Set(flat).size).toBe(flat.length)
    expect(flat.filter((x) => middles.includes(x))).toEqual([])
  })

  it('has no host on another', () => {
    const { boxes } = layOut(natLc, 4, 0)
    const overlapping = boxes.filter((a) =>
      boxes.some(
        (b) => a !== b && a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height,
      ),
    )
    expect(overlapping).toEqual([])
  })
})
