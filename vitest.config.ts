import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'fuzz/**/*.test.ts', 'bench/**/*.test.ts'],
    testTimeout: 60_000,
    fileParallelism: false,
  },
})
