/**
 * A director's half of a tunnel for tests, by other means than Weir's engine: a program of `tc` that puts outer headers, built
 * byte by byte in `tunnelled-packet.ts`, in front of what goes to one virtual address, super-packets included.
 */
import { compileC } from '../../kernel/testing/small-object.ts'

export interface Encapsulation {
  /** Of the virtual address, in hexadecimal. */
  readonly vip: string
  /** The outer headers around nothing. */
  readonly outer: readonly number[]
  /** `BPF_F_ADJ_ROOM_ENCAP_L4_…`, if there is something between the two IP headers. */
  readonly layer4?: 'GRE' | 'UDP'
  /** The index of the device behind which the server is. */
  readonly ifindex: number
}

export function compileEncapsulator(file: string, { vip, outer, layer4, ifindex }: Encapsulation): void {
  const list = (data: readonly number[]): string => data.join(', ')
  const address = [...Buffer.from(vip, 'hex')]
  const isVip4 = address.length === 4
  const isOuter4 = (outer[0] ?? 0) >>> 4 === 4
  compileC(
    `
#include <bpf/bpf_endian.h>
#define OUTER ${outer.length}
#define TYPE(is4) bpf_htons(is4 ? 0x0800 : 0x86dd)
static const __u8 vip[] = { ${list(address)} };

static __always_inline __u16 sum_of(__u8 *header)
{
	__u32 sum = 0;

	for (int i = 0; i < 20; i += 2) sum += header[i] << 8 | header[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	return ~((sum & 0xffff) + (sum >> 16));
}

static __always_inline void put(__u8 *to, __u32 value)
{
	to[0] = value >> 8;
	to[1] = value;
}

SEC("tc") int encapsulate(struct __sk_buff *skb)
{
	__u8 header[OUTER] = { ${list(outer)} }, destination[sizeof(vip)];
	__u32 length = skb->len - 14 + OUTER, outer_ip = ${isOuter4 ? 20 : 40};
	__u16 type = TYPE(${isOuter4 ? 1 : 0});
	__u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L3_IPV${isOuter4 ? 4 : 6}${layer4 === undefined ? '' : ` | BPF_F_ADJ_ROOM_ENCAP_L4_${layer4}`};

	if (skb->protocol != TYPE(${isVip4 ? 1 : 0}) || bpf_skb_load_bytes(skb, 14 + ${isVip4 ? 16 : 24}, destination, sizeof(vip))) return -1;
	for (int i = 0; i < sizeof(vip); i++) if (destination[i] != vip[i]) return -1;
	/* What doesn't fit into 16 bits is cut into segments before it goes over a wire. */
	put(header + ${isOuter4 ? 2 : 4}, length > 0xffff ? 0 : length - ${isOuter4 ? 0 : 40});
	${isOuter4 ? 'put(header + 10, 0); put(header + 10, sum_of(header));' : ''}
	${layer4 === 'UDP' ? 'put(header + outer_ip + 4, length > 0xffff ? 0 : length - outer_ip);' : ''}
	if (bpf_skb_adjust_room(skb, OUTER, BPF_ADJ_ROOM_MAC, flags)) return 2;
	if (bpf_skb_store_bytes(skb, 14, header, OUTER, 0) || bpf_skb_store_bytes(skb, 12, &type, 2, 0)) return 2;
	return bpf_redirect_neigh(${ifindex}, 0, 0, 0);
}
char _license[] SEC("license") = "GPL";
`,
    file,
  )
}
