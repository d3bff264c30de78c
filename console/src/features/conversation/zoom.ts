/** How a picture is looked at: x and y in pixels from the middle of the stage, `turn` in quarters to the right. */
export interface Look {
  scale: number
  x: number
  y: number
  turn: number
}

export const WHOLE: Look = { scale: 1, x: 0, y: 0, turn: 0 }
const MOST = 8

interface Size {
  width: number
  height: number
}

/** Nearer or farther; what is under the point stays under it. */
export function zoomAt(look: Look, factor: number, px: number, py: number, stage: Size): Look {
  const scale = Math.min(MOST, Math.max(1, look.scale * factor))
  const by = scale / look.scale
  return within({ ...look, scale, x: px - (px - look.x) * by, y: py - (py - look.y) * by }, stage)
}

export function moved(look: Look, dx: number, dy: number, stage: Size): Look {
  return within({ ...look, x: look.x + dx, y: look.y + dy }, stage)
}

export const turned = (look: Look): Look => ({ ...WHOLE, turn: (look.turn + 1) % 4 })

/** Never farther than its own edge. */
function within(look: Look, { width, height }: Size): Look {
  const [most, mostY] = [((look.scale - 1) * width) / 2, ((look.scale - 1) * height) / 2]
  return { ...look, x: between(look.x, most), y: between(look.y, mostY) }
}

const between = (value: number, most: number) => Math.min(most, Math.max(-most, value)) + 0
