import { createHash } from 'node:crypto'

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** The few lines of RFC 6455 a development mock needs: text frames out, close frames in. */
export function accept(request, socket, onClose) {
  const key = createHash('sha1')
    .update(request.headers['sec-websocket-key'] + GUID)
    .digest('base64')
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${key}\r\n\r\n`,
  )
  socket.on('data', (chunk) => (chunk[0] & 0x0f) === 8 && socket.end())
  socket.on('close', onClose)
  socket.on('error', onClose)
  return (text) => socket.writable && socket.write(frame(Buffer.from(text)))
}

function frame(payload) {
  const size = payload.length
  if (size < 126) return Buffer.concat([Buffer.from([0x81, size]), payload])
  const head = Buffer.alloc(size < 65536 ? 4 : 10)
  head[0] = 0x81
  head[1] = size < 65536 ? 126 : 127
  if (size < 65536) head.writeUInt16BE(size, 2)
  else head.writeBigUInt64BE(BigInt(size), 2)
  return Buffer.concat([head, payload])
}
