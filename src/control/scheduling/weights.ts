/** What weighted schedulers know of all weights of a service: the greatest, and the greatest common divisor. */

/** Euclid's algorithm; of 0 and b: b. */
export function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

/** The greatest common divisor of the positive weights, 1 where there are none. */
export function weightDivisor(weights: readonly number[]): number {
  return weights.reduce(greatestCommonDivisor, 0) || 1
}

/** 0 without weights. */
export function greatestWeight(weights: readonly number[]): number {
  return weights.reduce((greatest, weight) => Math.max(greatest, weight), 0)
}

/** The uppermost level of `wrr`'s round: levels end at 1, in steps of the divisor. 0 where no dest has a weight. */
export function wrrTop({ weightDivisor, maxWeight }: { weightDivisor: number; maxWeight: number }): number {
  return maxWeight === 0 ? 0 : maxWeight - (weightDivisor - 1)
}
