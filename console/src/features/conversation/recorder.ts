/** What was recorded: a file to upload, and where it can be heard before. */
export interface Recording {
  file: File
  url: string
  seconds: number
}

export interface Recorder {
  /** How loud it is now, 0 … 1. */
  level(): number
  seconds(): number
  /** null when nothing was heard: the button was pressed by mistake. */
  stop(): Promise<Recording | null>
  discard(): void
}

/** What can become a voice note, best first: Opus as Chromium and Firefox record it, AAC as Safari does. */
const FORMATS = ['audio/webm;codecs=opus', 'audio/ogg;codecs=opus', 'audio/mp4']
const ENDINGS: Record<string, string> = {
  'audio/webm': 'webm',
  'audio/ogg': 'ogg',
  'audio/mp4': 'm4a',
}

export const canRecord = () =>
  typeof MediaRecorder !== 'undefined' && Boolean(navigator.mediaDevices)

/** Opens the microphone, asking for leave. Throws DOMException when it may not or cannot. */
export async function record(): Promise<Recorder> {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true },
  })
  const mimeType = FORMATS.find((format) => MediaRecorder.isTypeSupported(format))
  const media = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: 32_000 })
  const chunks: Blob[] = []
  media.ondataavailable = (event) => chunks.push(event.data)
  const meter = listen(stream)
  media.start(1000)
  const begun = performance.now()
  const seconds = () => (performance.now() - begun) / 1000

  function close() {
    for (const track of stream.getTracks()) track.stop()
    meter.close()
  }

  return {
    level: meter.level,
    seconds,
    discard() {
      if (media.state !== 'inactive') media.stop()
      close()
    },
    async stop() {
      const length = seconds()
      await new Promise<void>((resolve) => {
        media.onstop = () => resolve()
        media.stop()
      })
      close()
      const type = (media.mimeType || mimeType || '').split(';')[0] ?? ''
      const whole = new Blob(chunks, { type })
      if (whole.size === 0) return null
      const file = new File([whole], `voice.${ENDINGS[type] ?? 'audio'}`, { type })
      return { file, url: URL.createObjectURL(whole), seconds: length }
    },
  }
}

function listen(stream: MediaStream) {
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  analyser.fftSize = 512
  context.createMediaStreamSource(stream).connect(analyser)
  const wave = new Uint8Array(analyser.fftSize)
  return {
    level() {
      analyser.getByteTimeDomainData(wave)
      const loudest = wave.reduce((most, each) => Math.max(most, Math.abs(each - 128)), 0)
      return Math.min(1, (loudest / 128) * 1.6)
    },
    close: () => void context.close(),
  }
}
