/**
 * The scalar types of record fields. To TypeScript all are `number`; the compiler reads the alias's name and gives
 * the field its width, and the generated views read and write exactly that many bits, so that Node truncates as C does.
 */

/** Unsigned 8 bits. */
export type u8 = number
/** Unsigned 16 bits, native byte order in memory. */
export type u16 = number
/** Unsigned 32 bits, native byte order in memory. */
export type u32 = number
/** Unsigned 64 bits, native byte order in memory; the engine keeps to 0 … 2^53 − 1, where Node is exact. */
export type u64 = number
/** Unsigned 16 bits, network byte order in memory, host order in code. */
export type be16 = number
/** Unsigned 32 bits, network byte order in memory, host order in code. */
export type be32 = number
/** A `u32` that several processors change: `+=` and `-=` on it are atomic. */
export type atomic32 = number
