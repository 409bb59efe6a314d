import { describe, expect, it } from 'vitest'
import { SCHEDULERS } from '../control/model.ts'
import { isInPrefix, parsePrefix, toAddress } from '../simulator/addresses.ts'
import {
  type AnswerExpectation,
  bracketed,
  type LabHost,
  parseEndpoint,
  parseUrl,
  type TableExpectation,
} from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'

it('no two scenarios have the same name', () => {
  const names = SCENARIOS.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})

describe.each(SCENARIOS)('the scenario $name', ({ name, topology, steps }) => {
  const hosts = topology.hosts.map((host) => host.name)
  const endpoints = topology.hosts.flatMap((host) =>
    host.interfaces.flatMap(({ address }) =>
      host.httpPort === undefined ? [] : [`${bracketed(address)}:${host.httpPort}`],
    ),
  )

  it('has names that devices and namespaces can have, each once', () => {
    expect(name).toMatch(/^[a-z][a-z0-9-]*$/)
    expect(name).not.toBe('all')
    expect(new Set(hosts).size).toBe(hosts.length)
    for (const host of hosts) expect(host).toMatch(/^[a-z][a-z0-9-]{0,9}$/)
    for (const segment of topology.segments) expect(segment.name).toMatch(/^[a-z][a-z0-9-]{0,14}$/)
    expect(topology.hosts.filter(({ role }) => role === 'director')).toHaveLength(1)
  })

  it('has each address once, in the network of its segment', () => {
    const attachments = topology.hosts.flatMap(({ interfaces }) =>
      interfaces.flatMap(({ segment, address, more = [] }) =>
        [address, ...more].map((each) => ({ segment, address: each })),
      ),
    )
    expect(new Set(attachments.map(({ address }) => address)).size).toBe(attachments.length)
    for (const { segment, address } of attachments) {
      const network = topology.segments.find((each) => each.name === segment)?.network ?? ''
      expect(isInPrefix(toAddress(address), parsePrefix(network)), `${address} in ${network}`).toBe(true)
    }
  })

  it('refers only to hosts, servers and schedulers that there are', () => {
    const addressesOf = (role: LabHost['role']): string[] =>
      topology.hosts
        .filter((host) => host.role === role)
        .flatMap(({ interfaces }) => interfaces.flatMap(({ address, more = [] }) => [address, ...more]))
    const vips = addressesOf('director')
    for (const step of steps) {
      if ('on' in step) expect(hosts).toContain(step.on)
      if ('from' in step) expect(hosts).toEqual(expect.arrayContaining([step.from].flat()))
      if (step.do === 'hold') expect(vips).toContain(parseEndpoint(step.to).address)
      if (step.do === 'fetch' || step.do === 'transfer') expect(vips).toContain(parseUrl(step.url).address)
      if (step.do === 'real-server') expect(vips).toContain(step.vip)
      if (step.do === 'neighbour') expect(hosts).toContain(step.expect)
      const scheduler = step.do === 'ipvsadm' ? /-s (\S+)/.exec(step.words)?.[1] : undefined
      if (scheduler !== undefined) expect(SCHEDULERS).toContain(scheduler)
    }
    const expectations = steps.flatMap((step): readonly (AnswerExpectation | TableExpectation)[] =>
      'expect' in step && step.do !== 'neighbour' ? (step.expect ?? []) : [],
    )
    for (const each of expectations) {
      if (each.expect === 'turns') expect(hosts).toEqual(expect.arrayContaining([...each.servers]))
      else if (each.expect === 'shares') expect(hosts).toEqual(expect.arrayContaining(Object.keys(each.servers)))
      else if (each.expect === 'client') expect(addressesOf('client')).toContain(each.address)
      else if (each.expect !== 'traffic') expect(endpoints).toEqual(expect.arrayContaining(Object.keys(each.servers)))
    }
  })

  it('says what has to come of every request and ends in a table', () => {
    for (const step of steps)
      if (step.do === 'fetch' || step.do === 'hold' || step.do === 'reuse') expect(step.expect).not.toHaveLength(0)
    expect(steps.at(-1)).toMatchObject({ do: 'ipvsadm', words: expect.stringMatching(/^-L -n/) as string })
  })
})
