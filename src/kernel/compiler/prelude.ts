/**
 * The C that every compiled engine begins with. In records.h, where hand-written C finds it too: the scalar types and
 * counted loops on the kernel's open-coded number iterators (Linux 6.4), which the verifier walks once whatever their
 * count. In engine.c: arithmetic that has no operator in C, and the index check of constant arrays.
 */
export const HEADER = `#pragma once
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/types.h>
#include <linux/version.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
struct bpf_iter_num {
	__u64 opaque[1];
} __attribute__((aligned(8)));
#endif
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __weak __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __weak __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __weak __ksym;

/* for (i = start; i < end; i++); destroy is named so that its type gets into BTF, which the cleanup alone doesn't do. */
#define for_range(i, start, end) \\
	for (struct bpf_iter_num i##__iter __attribute__((aligned(8), cleanup(bpf_iter_num_destroy))), \\
	     *i##__start __attribute__((unused)) = (bpf_iter_num_new(&i##__iter, (int)(start), (int)(end)), \\
						    (void)bpf_iter_num_destroy, (void *)0); \\
	     ({ \\
		     int *i##__next = bpf_iter_num_next(&i##__iter); \\
		     i##__next ? (i = *i##__next, 1) : 0; \\
	     });)

/* libbpf's name for the same, in its headers since 1.2. */
#ifndef bpf_for
#define bpf_for(i, start, end) for_range(i, start, end)
#endif
`

export const ARITHMETIC = `/* JavaScript's arithmetic where C has no operator for it. Division is of non-negative numbers; by zero it gives 0. */
static __always_inline s64 divide(s64 a, s64 b)
{
	return b == 0 ? 0 : (s64)((u64)a / (u64)b);
}

static __always_inline s64 remainder(s64 a, s64 b)
{
	return b == 0 ? 0 : (s64)((u64)a % (u64)b);
}

static __always_inline s64 multiply32(s64 a, s64 b)
{
	return (s64)(s32)((u32)a * (u32)b);
}

static __always_inline s64 smaller(s64 a, s64 b)
{
	return a < b ? a : b;
}

static __always_inline s64 larger(s64 a, s64 b)
{
	return a > b ? a : b;
}

/*
 * Zero, which only the verifier doesn't know. A variable that a loop assigns gets it added in front of the loop: the verifier
 * then enters the body with any value whatever, and every later turn is a case of the first. Else it walks turn after turn
 * for as long as the variable's range still grows, and gives up.
 */
__hidden s64 unknown_zero;

/*
 * The element of a constant array, or the fallback. The barrier keeps the checked index in the one register that is then
 * used: a comparison of a 32-bit copy would tell the verifier nothing about the 64-bit index. The mask changes nothing
 * after the check; it parts the index from what the verifier knows of its origin, since it takes "x + a large number" for an
 * offset that no pointer may have, whatever the comparison said. The array has room for every index that the mask lets pass:
 * in a branch that is never taken the verifier's bounds can contradict each other, and it then goes by the bits alone.
 */
#define element_or(array, position, fallback) \\
	({ \\
		u64 index__ = (u64)(position); \\
		asm volatile("" : "+r"(index__)); \\
		index__ < array##_length ? (s64)(array)[masked(index__, sizeof(array) / sizeof((array)[0]))] : (fallback); \\
	})
#define masked(index, room) \\
	({ \\
		asm volatile("%0 &= %1" : "+r"(index) : "i"((room) - 1)); \\
		index; \\
	})
`
