import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  BpfObject,
  closeFd,
  enableRunStatistics,
  mapDelete,
  mapInfo,
  mapLookup,
  mapLookupBatch,
  mapNextKey,
  mapUpdate,
  mapUpdateBatch,
  openPin,
  programInfo,
  testRun,
  type BatchPosition,
} from './libbpf.ts'
import { whyNoKernel } from './testing/namespaces.ts'
import { compileC } from './testing/small-object.ts'

const reason = whyNoKernel()

const SOURCE = `
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 10); __type(key, __u64); __type(value, __u64); } pairs SEC(".maps");

SEC("tc") int devices(struct __sk_buff *skb)
{
	return skb->ifindex + 1000 * skb->ingress_ifindex;
}

SEC("tc") int shorten(struct __sk_buff *skb)
{
	return bpf_skb_change_tail(skb, skb->len - 10, 0);
}

struct request { __u64 in, out; };
SEC("syscall") int twice(struct request *request)
{
	request->out = 2 * request->in;
	return 42;
}

char _license[] SEC("license") = "GPL";
`

const UNSAFE = `
SEC("tc") int unsafe(struct __sk_buff *skb)
{
	return *(int *)(long)skb->data;
}
char _license[] SEC("license") = "GPL";
`

describe.skipIf(reason !== null)(`libbpf${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-libbpf-'))
  const open: BpfObject[] = []

  afterAll(() => {
    for (const object of open) object.close()
    rmSync(folder, { recursive: true })
  })

  function object(source: string): BpfObject {
    const file = join(folder, `${open.length}.o`)
    compileC(source, file)
    const made = BpfObject.open(readFileSync(file), 'test')
    open.push(made)
    return made
  }

  function loaded(pairs = 10): BpfObject {
    const made = object(SOURCE)
    made.setMaxEntries('pairs', pairs)
    made.load()
    return made
  }

  it('names what is in an object', () => {
    expect(object(SOURCE).programNames()).toEqual(['devices', 'shorten', 'twice'])
    expect(object(SOURCE).mapNames()).toEqual(['pairs'])
  })

  it('scales a map before it is made', () => {
    const fd = loaded(5000).mapFd('pairs')
    expect(mapInfo(fd)).toMatchObject({ name: 'pairs', keyBytes: 8, valueBytes: 8, maxEntries: 5000 })
  })

  it('tells of a program', () => {
    expect(programInfo(loaded().programFd('devices'))).toMatchObject({ name: 'devices', type: 3 })
  })

  it('tells how often a program has run while the kernel times them, and how long', () => {
    const fd = loaded().programFd('devices')
    const statistics = enableRunStatistics()
    try {
      testRun(fd, { data: new Uint8Array(64), repeat: 10 })
    } finally {
      closeFd(statistics)
    }
    const { runs, runNs } = programInfo(fd)
    expect(runs).toBe(10)
    expect(runNs).toBeGreaterThan(0)
    expect(runNs).toBeLessThan(1e9)
  })

  it('hands the context to a test run', () => {
    const context = new Uint8Array(192)
    const view = new DataView(context.buffer)
    view.setUint32(36, 1, true)
    view.setUint32(40, 1, true)
    expect(testRun(loaded().programFd('devices'), { data: new Uint8Array(64), context }).retval).toBe(1001)
  })

  it('hands back the packet as the program leaves it', () => {
    const data = Uint8Array.from({ length: 64 }, (_, index) => index)
    const run = testRun(loaded().programFd('shorten'), { data })
    expect([...run.data]).toEqual([...data.subarray(0, 54)])
  })

  it('hands a syscall program its context and back', () => {
    const run = testRun(loaded().programFd('twice'), { context: new Uint8Array(new BigUint64Array([21n, 0n]).buffer) })
    expect(run.retval).toBe(42)
    expect([...new BigUint64Array(run.context.slice().buffer)]).toEqual([21n, 42n])
  })

  it('says why the verifier rejects a program', () => {
    const unsafe = object(UNSAFE)
    expect(() => unsafe.load()).toThrow(/EACCES[^]*invalid access to packet, off=0 size=4/)
  })

  it('refuses what is not an object', () => {
    expect(() => BpfObject.open(new Uint8Array(100), 'nonsense')).toThrow('not a proper ELF object')
  })

  it('reads, writes, walks and removes entries one by one and in batches', () => {
    const fd = loaded(1000).mapFd('pairs')
    const keys = new BigUint64Array(500).map((_, index) => BigInt(index + 1))
    mapUpdateBatch(fd, new Uint8Array(keys.buffer), new Uint8Array(keys.slice().buffer), 500)
    const seen = new Set<bigint>()
    for (let position: BatchPosition = null, more = true; more;) {
      const some = new BigUint64Array(64)
      const read = mapLookupBatch(fd, position, new Uint8Array(some.buffer), new Uint8Array(64 * 8), 64)
      for (const key of some.subarray(0, read.count)) seen.add(key)
      position = read.next
      more = position !== null
    }
    expect([...seen].sort((a, b) => Number(a - b))).toEqual([...keys])

    const key = new Uint8Array(new BigUint64Array([7n]).buffer)
    const value = new Uint8Array(8)
    expect(mapLookup(fd, key, value)).toBe(true)
    expect(value).toEqual(key)
    expect(mapDelete(fd, key)).toBe(true)
    expect(mapDelete(fd, key)).toBe(false)
    expect(mapLookup(fd, key, value)).toBe(false)
    mapUpdate(fd, key, value)
    let count = 0
    const next = new Uint8Array(8)
    for (let at: Uint8Array | null = null; mapNextKey(fd, at, next); at = next.slice()) count++
    expect(count).toBe(500)
  })

  it('names the error of a pin that is not there', () => {
    expect(() => openPin(join(folder, 'nothing'))).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    expect(() => closeFd(-1)).toThrow()
  })
})
