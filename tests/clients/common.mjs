// What both libraries are asked to do it with.
import { readFileSync } from 'node:fs'

const needed = (name) => {
  const value = process.env[name]
  if (!value) throw new Error(`the variable ${name} is missing: run tools/clients, which sets it`)
  return value
}

export const http = needed('TERN_HTTP')
export const ws = needed('TERN_WS')
export const chainId = Number(needed('TERN_CHAIN_ID'))
export const devKey = needed('TERN_DEV_KEY')

// A contract with a constructor, a payable function and an event: the rollup's own outbox.
const file = new URL('../../artifacts/contracts/Outbox.json', import.meta.url)
export const { abi, bytecode } = JSON.parse(readFileSync(file, 'utf8'))
export const constructorArguments = [31337n, '0x00000000000000000000000000000000000000b1']
export const receiver = '0x00000000000000000000000000000000000000c1'
export const amount = 5_000_000_000n

export const step = (what) => console.error(`  ${what}`)

// Fails instead of waiting for ever.
export const within = (seconds, what, promise) => {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no ${what} in ${seconds} s`)), seconds * 1000)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
