import '../styles.css'

import { createApp } from 'vue'

import { i18n } from '@phone/i18n'
import SmsApp from '@phone/sms/SmsApp.vue'

createApp(SmsApp).use(i18n).mount('#app')
