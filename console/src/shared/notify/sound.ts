let context: AudioContext | null = null

/** Two soft notes, made here: nothing to download. One tab of the browser plays them, not all. */
export function chime(): void {
  void navigator.locks
    ?.request('madoguchi.chime', { ifAvailable: true }, async (lock) => {
      if (!lock) return
      play()
      await new Promise((done) => setTimeout(done, 1500))
    })
    .catch(() => undefined)
}

function play(): void {
  try {
    context ??= new AudioContext()
    // A browser keeps silent until somebody has touched the page; that is no error.
    if (context.state === 'suspended') void context.resume()
    note(context, 660, 0)
    note(context, 880, 0.13)
  } catch {
    context = null
  }
}

function note(on: AudioContext, pitch: number, after: number): void {
  const [tone, volume] = [on.createOscillator(), on.createGain()]
  const start = on.currentTime + after
  tone.frequency.value = pitch
  volume.gain.setValueAtTime(0, start)
  volume.gain.linearRampToValueAtTime(0.12, start + 0.02)
  volume.gain.exponentialRampToValueAtTime(0.001, start + 0.4)
  tone.connect(volume).connect(on.destination)
  tone.start(start)
  tone.stop(start + 0.45)
}
