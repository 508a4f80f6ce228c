// Read with hyparquet, in JavaScript alone. Arguments: datasets as NAME=DIRECTORY; see common.py for what is printed.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'

const CRC_OF_BYTE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1
  return byte >>> 0
})

function crc32(text) {
  let crc = 0xffffffff
  for (const byte of new TextEncoder().encode(text)) crc = CRC_OF_BYTE[(crc ^ byte) & 255] ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

function countAs(value, type) {
  if (typeof value === 'string') return BigInt(crc32(value))
  if (value instanceof Date) return BigInt(value.getTime() / 86_400_000)
  return type === 'DOUBLE' ? BigInt(Math.round(value * 1e6)) : BigInt(value)
}

async function read(directory) {
  const sums = {}
  for (const path of readdirSync(directory, { recursive: true }).filter((path) => path.endsWith('.parquet'))) {
    const file = await asyncBufferFromFile(join(directory, path))
    const { schema } = await parquetMetadataAsync(file)
    const types = Object.fromEntries(schema.map((column) => [column.name, column.type]))
    for (const row of await parquetReadObjects({ file, compressors })) {
      for (const [name, value] of Object.entries(row)) {
        const sum = (sums[name] ??= [0, 0n])
        sum[0] += 1
        sum[1] += countAs(value, types[name])
      }
    }
  }
  return Object.fromEntries(Object.entries(sums).map(([name, [rows, total]]) => [name, [rows, Number(total)]]))
}

const results = {}
for (const argument of process.argv.slice(2)) {
  const [name, directory] = argument.split('=')
  try {
    results[name] = await read(directory)
  } catch (error) {
    results[name] = { error: String(error).slice(0, 500) }
  }
}
console.log(JSON.stringify(results))
