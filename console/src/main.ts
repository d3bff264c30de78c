import './styles.css'

import { VueQueryPlugin } from '@tanstack/vue-query'
import { createApp } from 'vue'

import App from './app/App.vue'
import { router } from './app/router'
import { startWorker } from './shared/notify/worker'
import { i18n, preferredLanguage, setLanguage } from './shared/i18n'
import { queryClient } from './shared/query'
import { startTheme } from './shared/theme'

startTheme()
void setLanguage(preferredLanguage(), false).then(() => {
  createApp(App).use(i18n).use(router).use(VueQueryPlugin, { queryClient }).mount('#app')
})
void startWorker((path) => void router.push(path))
