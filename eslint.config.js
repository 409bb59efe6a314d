import tseslint from 'typescript-eslint'

/** Imports point one way: engine ← hosts ← control ← real-server ← cli, lab. */
const LAYERS = {
  engine: ['kernel', 'memory', 'simulator', 'control', 'real-server', 'cli', 'lab'],
  memory: ['kernel', 'simulator', 'control', 'real-server', 'cli', 'lab'],
  simulator: ['kernel', 'control', 'real-server', 'cli', 'lab'],
  control: ['memory', 'simulator', 'real-server', 'cli', 'lab'],
  kernel: ['memory', 'simulator', 'control', 'real-server', 'cli', 'lab'],
  'real-server': ['memory', 'simulator', 'cli', 'lab'],
  cli: [],
  lab: [],
}

const layerRules = Object.entries(LAYERS).map(([layer, forbidden]) => ({
  files: [`src/${layer}/**/*.ts`],
  ignores: ['**/*.test.ts', '**/testing/**'],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: forbidden.map((other) => ({
          regex: `^(\\.\\./)+${other}/`,
          message: `${layer} imports nothing of ${other}: see docs/architecture.md`,
        })),
      },
    ],
  },
}))

export default tseslint.config(
  { ignores: ['dist/', 'src/kernel/compiler/fixtures/', 'src/engine/generated/'] },
  ...tseslint.configs.strictTypeChecked,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Verdicts, states and routes are numbers wherever they cross into records.
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
    },
  },
  { files: ['**/*.js', '**/*.mjs'], ...tseslint.configs.disableTypeChecked },
  ...layerRules,
)
