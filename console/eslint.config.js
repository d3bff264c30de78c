import pluginVue from 'eslint-plugin-vue'
import tseslint from 'typescript-eslint'

const features = ['session', 'inbox', 'conversation', 'contact', 'templates', 'settings']

/** A feature may use `shared` and `api`; only `app` composes features. */
const featureWalls = features.map((feature) => ({
  files: [`src/features/${feature}/**/*.{ts,vue}`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          { group: ['@/app/*'], message: 'A feature does not know the app around it.' },
          {
            group: features.filter((other) => other !== feature).map((o) => `@/features/${o}/*`),
            message: 'Features meet only in src/app.',
          },
          { group: ['../../*'], message: 'Use the @/ alias to leave a feature.' },
        ],
      },
    ],
  },
}))

export default tseslint.config(
  { ignores: ['node_modules', 'dist', 'src/api/schema.ts', 'phone/dist'] },
  ...tseslint.configs.strict,
  ...tseslint.configs.stylistic,
  ...pluginVue.configs['flat/recommended'],
  {
    files: ['**/*.vue'],
    languageOptions: { parserOptions: { parser: tseslint.parser, extraFileExtensions: ['.vue'] } },
  },
  {
    rules: {
      'no-console': 'error',
      eqeqeq: ['error', 'smart'],
      'no-undef': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-dynamic-delete': 'off',
    },
  },
  {
    files: ['**/*.vue'],
    rules: {
      'vue/multi-word-component-names': 'off',
      'vue/no-bare-strings-in-template': [
        'error',
        {
          allowlist: [
            ...['(', ')', ',', '.', '&', '+', '-', '=', '*', '/', '#', '%', '!', '?', ':'],
            ...['[', ']', '{', '}', '<', '>', '·', '•', '–', '—', '−', '|', '×', '…', '“', '”', '→'],
          ],
        },
      ],
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/define-macros-order': 'error',
      'vue/no-v-html': 'error',
      'vue/require-default-prop': 'off',
      // Prettier decides the shape of templates.
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
    },
  },
  {
    files: ['src/shared/**/*.{ts,vue}', 'src/api/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['@/features/*', '@/app/*'], message: 'Shared code knows no feature.' }] },
      ],
    },
  },
  ...featureWalls,
)
