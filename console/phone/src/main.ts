import './styles.css'

import { createApp } from 'vue'

import App from '@phone/App.vue'
import { i18n } from '@phone/i18n'

createApp(App).use(i18n).mount('#app')
