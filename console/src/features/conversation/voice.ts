import { useQuery } from '@tanstack/vue-query'
import { computed, type Ref, ref, watch } from 'vue'
import { useI18n } from 'vue-i18n'

import { listChannels } from '@/api/calls'
import type { Conversation } from '@/api/types'
import { keys } from '@/shared/query'

import type { useFiles } from '@/shared/files/files'
import type { Outgoing } from './outgoing'
import { canRecord, type Recording } from './recorder'

/** Recording a voice note: where the channel takes one and the browser can make one. */
export function useVoice(
  conversation: Ref<Conversation>,
  tray: Pick<ReturnType<typeof useFiles>, 'files' | 'add' | 'remove'>,
  send: (list: Outgoing[]) => void,
) {
  const { t } = useI18n()
  const recording = ref(false)
  const { data: channels } = useQuery({ queryKey: keys.channels, queryFn: listChannels })
  const channel = computed(() =>
    channels.value?.find((each) => each.name === conversation.value.channel),
  )
  const possible = computed(
    () =>
      canRecord() &&
      channel.value?.capabilities.media?.['audio']?.['voice_content_types'] !== undefined,
  )
  watch(
    () => conversation.value.id,
    () => (recording.value = false),
  )

  function recorded(made: Recording) {
    recording.value = false
    tray.add([made.file], true)
  }

  /** What was recorded goes as soon as it is uploaded; if that fails it waits in the tray to be tried again. */
  watch(
    () => tray.files.value.find((file) => file.voice && file.mediaId),
    (picked) => {
      if (!picked?.mediaId) return
      tray.remove(picked)
      send([
        {
          body: { type: 'audio', media_id: picked.mediaId, voice: true },
          preview: { name: t('preview.voice') },
        },
      ])
    },
  )
  return { recording, possible, recorded, channel }
}
