import { describe, expect, it } from 'vitest'
import { parseServices, systemNames } from './names.ts'

describe('services(5)', () => {
  const table = parseServices('# none 1/tcp\nhttp\t80/tcp www # WWW\nhttp 80/udp\nother 80/tcp\nbroken 80\n\n')

  it('finds ports by name and by alias', () => {
    expect(table.ports.get('http/tcp')).toBe(80)
    expect(table.ports.get('www/tcp')).toBe(80)
    expect(table.ports.get('www/udp')).toBeUndefined()
  })

  it('names a port by its first line, not by an alias', () => {
    expect(table.names.get('80/tcp')).toBe('http')
  })

  it('passes over comments and lines without a protocol', () => {
    expect([...table.ports.keys()]).toEqual(['http/tcp', 'www/tcp', 'http/udp', 'other/tcp'])
  })
})

describe("the system's names", () => {
  it('resolve localhost both ways', async () => {
    expect(await systemNames().hostAddress('localhost', 4)).toBe('127.0.0.1')
    expect(await systemNames().hostName('127.0.0.1')).toMatch(/^localhost/)
  })

  it('have none for the empty host', async () => {
    expect(await systemNames().hostAddress('', 4)).toBeNull()
  })
})
