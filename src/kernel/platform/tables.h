/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The part of the engine's platform (src/engine/platform.ts) that all programs share: tables are BPF maps, the clock is one of
 * them. Function by function what the TypeScript declarations promise.
 */
#pragma once

/* The capacity of a map as it was loaded. */
struct bpf_map {
	__u32 max_entries;
} __attribute__((preserve_access_index));

#define LOOKUP(map, index)                         \
	({                                         \
		u32 key_ = (index);                \
		bpf_map_lookup_elem(&(map), &key_); \
	})

static __always_inline struct flow *find_flow(struct flow_key *key)
{
	return bpf_map_lookup_elem(&flows, key);
}

static __always_inline s64 add_flow(struct flow_key *key, struct flow *flow)
{
	return bpf_map_update_elem(&flows, key, flow, BPF_NOEXIST) == 0;
}

static __always_inline s64 remove_flow(struct flow_key *key)
{
	return bpf_map_delete_elem(&flows, key) == 0;
}

static __always_inline s64 connection_capacity(void)
{
	return ((struct bpf_map *)&connections)->max_entries;
}

static __always_inline struct connection *connection_at(s64 index)
{
	return LOOKUP(connections, index);
}

static __always_inline struct fragmented_packet *fragmented_at(s64 slot)
{
	return LOOKUP(fragments, slot);
}

static __always_inline s64 change_state(struct connection *connection, s64 from, s64 to)
{
	return __sync_bool_compare_and_swap(&connection->state, (u32)from, (u32)to);
}

static __always_inline struct allocator *allocator(void)
{
	return LOOKUP(allocators, 0);
}

/* Of slots 1 ... last, those that were never used come first, then released ones in the order of their release. */
static __always_inline u32 take_slot(u32 *used, u32 last, void *released)
{
	u32 slot;

	if (*used < last) {
		slot = __sync_fetch_and_add(used, 1) + 1;
		if (slot <= last) return slot;
		__sync_fetch_and_sub(used, 1);
	}
	return bpf_map_pop_elem(released, &slot) ? NONE : slot;
}

static __always_inline s64 take_connection(void)
{
	struct allocator *place = allocator();

	return place ? take_slot(&place->used, connection_capacity() - 1, &freeConnections) : NONE;
}

static __always_inline void release_connection(s64 index)
{
	u32 slot = index;

	bpf_map_push_elem(&freeConnections, &slot, 0);
}

static __always_inline struct service *find_service(struct service_key *key)
{
	return bpf_map_lookup_elem(&services, key);
}

static __always_inline struct service_state *service_state_at(s64 index)
{
	return LOOKUP(serviceStates, index);
}

static __always_inline struct bucket *bucket_at(s64 index)
{
	return LOOKUP(buckets, index);
}

static __always_inline struct locality_cache *locality_cache_at(s64 service)
{
	return LOOKUP(localityCaches, service);
}

static __always_inline struct locality_slot *find_locality(struct locality_key *key)
{
	return bpf_map_lookup_elem(&localitySlots, key);
}

static __always_inline s64 add_locality(struct locality_key *key, struct locality_slot *slot)
{
	return bpf_map_update_elem(&localitySlots, key, slot, BPF_NOEXIST) == 0;
}

static __always_inline s64 remove_locality(struct locality_key *key)
{
	return bpf_map_delete_elem(&localitySlots, key) == 0;
}

static __always_inline struct locality *locality_at(s64 slot)
{
	return LOOKUP(localities, slot);
}

static __always_inline s64 lock_locality(struct locality *locality)
{
	return __sync_bool_compare_and_swap(&locality->busy, 0, 1);
}

static __always_inline s64 take_locality(void)
{
	struct allocator *place = allocator();
	u32 last = ((struct bpf_map *)&localities)->max_entries - 1;

	return place ? take_slot(&place->localities, last, &freeLocalities) : NONE;
}

static __always_inline void release_locality(s64 slot)
{
	u32 released = slot;

	bpf_map_push_elem(&freeLocalities, &released, 0);
}

static __always_inline struct dest *dest_at(s64 index)
{
	return LOOKUP(dests, index);
}

static __always_inline struct dest_state *dest_state_at(s64 index)
{
	return LOOKUP(destStates, index);
}

static __always_inline struct overload *overload_at(s64 dest)
{
	return LOOKUP(overloads, dest);
}

static __always_inline struct counters *counters_at(s64 dest)
{
	return LOOKUP(counters, dest);
}

static __always_inline void sum_counters(s64 dest, struct counters *totals)
{
	u32 index = dest;
	int cpu;

	bpf_for(cpu, 0, 4096) {
		struct counters *row = bpf_map_lookup_percpu_elem(&counters, &index, cpu);

		if (!row) return;
		totals->connections += row->connections;
		totals->in_packets += row->in_packets;
		totals->out_packets += row->out_packets;
		totals->in_bytes += row->in_bytes;
		totals->out_bytes += row->out_bytes;
	}
}

static __always_inline struct local_address *local_address_at(s64 index)
{
	return LOOKUP(localAddresses, index);
}

static __always_inline struct local_use *local_use_at(s64 index)
{
	return LOOKUP(localUses, index);
}

static __always_inline struct rates *rates_at(s64 dest)
{
	return LOOKUP(rates, dest);
}

static __always_inline struct reason_count *reason_at(s64 reason)
{
	return LOOKUP(reasons, reason);
}

static __always_inline struct mark_rule *mark_rule_at(s64 index)
{
	return LOOKUP(markRules, index);
}

static __always_inline struct settings *settings(void)
{
	return LOOKUP(settingsRows, 0);
}

static __always_inline struct layout *layout(void)
{
	return LOOKUP(layouts, 0);
}

static __always_inline struct clock *clock(void)
{
	return LOOKUP(clocks, 0);
}

static __always_inline s64 now_ms(void)
{
	struct clock *time = clock();

	return time ? time->now_ms : 0;
}

static __always_inline s64 random(void)
{
	return bpf_get_prandom_u32();
}

static __always_inline s64 is_less_product(s64 a, s64 b, s64 c, s64 d)
{
	return (u64)a * (u64)b < (u64)c * (u64)d;
}
