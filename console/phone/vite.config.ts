import { fileURLToPath } from 'node:url'

import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const simulator = process.env.MADOGUCHI_SIMULATOR ?? 'http://127.0.0.1:8901'

export default defineConfig({
  root: here('.'),
  base: '/phone/',
  plugins: [vue(), tailwindcss()],
  resolve: { alias: { '@phone': here('./src') } },
  server: { proxy: { '/_sim': simulator } },
  build: {
    outDir: here('../../src/madoguchi/simulator/static'),
    emptyOutDir: true,
    target: 'es2022',
    rollupOptions: { input: [here('./index.html'), here('./sms.html')] },
  },
})
