import { fileURLToPath } from 'node:url'

import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

import { mockServer } from './mock/plugin.mjs'
import { firstLoadBudget } from './vite.budget.mjs'
import { serviceWorker } from './vite.pwa.mjs'
import { channelWords, consoleWords } from './vite.words.mjs'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const server = process.env.MADOGUCHI_SERVER ?? 'http://127.0.0.1:8900'

export default defineConfig(({ command }) => ({
  plugins: [
    vue(),
    tailwindcss(),
    consoleWords(here('./src/locales')),
    channelWords(here('../src/madoguchi/channels')),
    serviceWorker({ page: 'index', worker: 'sw.js' }),
    firstLoadBudget({ page: 'index', words: ['en', 'ja'], limit: 250 }),
    // The mock answers only `vite dev`; a build never sees it.
    ...(command === 'serve' && process.env.MADOGUCHI_MOCK ? [mockServer()] : []),
  ],
  resolve: { alias: { '@': here('./src') } },
  server: {
    proxy: process.env.MADOGUCHI_MOCK ? {} : { '/api': { target: server, ws: true } },
  },
  build: {
    outDir: here('../src/madoguchi/static/console'),
    emptyOutDir: true,
    target: 'es2022',
    rollupOptions: {
      input: { index: here('./index.html'), docs: here('./docs.html'), sw: here('./sw/sw.ts') },
      // Its address must stay the same, and its scope is the folder it lies in.
      output: {
        entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts'],
  },
}))
