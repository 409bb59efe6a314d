/**
 * A stand-in for weir.bpf.o, compiled by clang in about 50 ms: the same maps and programs, with hardly any code in them. Its
 * `weir_ingress` counts packets in the first row of `reasons`, its ticker moves the clock.
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { LAYOUTS } from '../../engine/generated/views.ts'
import { TABLES, type TableDefinition, type TableName } from '../../engine/tables.ts'
import { valueSizeOf } from '../value-size.ts'

const MAP_TYPES = { hash: 'HASH', array: 'ARRAY', percpu: 'PERCPU_ARRAY', queue: 'QUEUE' } as const

function mapSource(table: TableName): string {
  const { kind, key, capacity, preallocate }: TableDefinition = TABLES[table]
  const keySize = key === undefined ? 4 : LAYOUTS[key].size
  const members = [
    `__uint(type, BPF_MAP_TYPE_${MAP_TYPES[kind]});`,
    `__uint(max_entries, ${capacity});`,
    kind === 'queue' ? '' : `__uint(key_size, ${keySize});`,
    `__uint(value_size, ${valueSizeOf(table)});`,
    preallocate === false ? '__uint(map_flags, BPF_F_NO_PREALLOC);' : '',
  ]
  return `struct { ${members.join(' ')} } ${table} SEC(".maps");`
}

/** The body of `weir_ingress`: counts the packet, passes it on. */
const COUNT = `
	__u32 zero = 0;
	__u64 *packets = bpf_map_lookup_elem(&reasons, &zero);

	if (packets) *packets += 1;
	return -1;`

/** The body of a `weir_ingress` that the verifier rejects. */
export const UNSAFE = 'return *(int *)(long)skb->data;'

const EGRESS = 'SEC("tc") int weir_egress(struct __sk_buff *skb) { return -1; }'

const TICKER = `
struct timer { struct bpf_timer timer; };
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, struct timer); }
	ticker SEC(".maps");

static int on_tick(void *map, __u32 *key, struct timer *value)
{
	__u32 zero = 0;
	__u64 *now = bpf_map_lookup_elem(&clocks, &zero);

	if (now) *now += 1;
	bpf_timer_start(&value->timer, 1000000, 0);
	return 0;
}

SEC("syscall") int weir_start(void *context)
{
	__u32 zero = 0;
	struct timer *value = bpf_map_lookup_elem(&ticker, &zero);

	if (!value) return 1;
	bpf_timer_init(&value->timer, &ticker, 1);
	bpf_timer_set_callback(&value->timer, on_tick);
	return bpf_timer_start(&value->timer, 0, 0);
}

char _license[] SEC("license") = "GPL";
`

export const CLANG = 'clang-14'

/** Compiles C into a BPF object. */
export function compileC(source: string, file: string): void {
  const headers = '#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n'
  writeFileSync(`${file}.c`, headers + source)
  const include = `-I/usr/include/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`
  execFileSync(CLANG, ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', include, '-c', `${file}.c`, '-o', file])
}

/** The stand-in for weir-xdp.bpf.o, beside it: programs that pass everything on. */
export function compileSmallXdpObject(file: string): void {
  const targets = `struct { __uint(type, BPF_MAP_TYPE_DEVMAP_HASH); __uint(max_entries, 64); __type(key, __u32); __type(value, __u32); }
	redirectTargets SEC(".maps");`
  const programs = `SEC("xdp.frags") int weir_xdp(struct xdp_md *context)
{
	__u32 zero = 0;
	__u64 *packets = bpf_map_lookup_elem(&reasons, &zero);

	return bpf_redirect_map(&redirectTargets, 0, packets ? XDP_PASS : XDP_DROP);
}
SEC("tc") int weir_handoff(struct __sk_buff *skb) { return -1; }
char _license[] SEC("license") = "GPL";`
  compileC([mapSource('reasons'), targets, programs].join('\n'), file)
}

export function compileSmallObject(file: string, ingress = COUNT): void {
  const maps = (Object.keys(TABLES) as TableName[]).map(mapSource).join('\n')
  compileC(`${maps}\nSEC("tc") int weir_ingress(struct __sk_buff *skb)\n{${ingress}\n}\n${EGRESS}\n${TICKER}`, file)
}
