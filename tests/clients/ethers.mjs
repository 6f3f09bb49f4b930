// ethers against a rollup's node.
import assert from 'node:assert/strict'
import { Contract, ContractFactory, JsonRpcProvider, Wallet, WebSocketProvider, version } from 'ethers'
import {
  abi, amount, bytecode, chainId, constructorArguments, devKey, http, receiver, step, within, ws,
} from './common.mjs'

const provider = new JsonRpcProvider(http, undefined, { pollingInterval: 250, cacheTimeout: -1 })
const socket = new WebSocketProvider(ws)
const wallet = new Wallet(devKey, provider)
const mined = (sent) => within(60, 'receipt', sent.wait())

step(`ethers ${version}`)
assert.equal((await provider.getNetwork()).chainId, BigInt(chainId))
assert.equal((await socket.getNetwork()).chainId, BigInt(chainId))
step('connected over HTTP and WebSocket')

const first = await within(30, 'block over WebSocket', new Promise((resolve) => socket.once('block', resolve)))
assert.ok(first > 0)
step(`heard of block ${first}`)

const fees = await provider.getFeeData()
assert.ok(fees.maxFeePerGas > 0n && fees.gasPrice > 0n)
step(`estimated fees: at most ${fees.maxFeePerGas} wei a unit of gas`)

const factory = new ContractFactory(abi, bytecode, wallet)
const outbox = await factory.deploy(...constructorArguments)
await within(60, 'deployment', outbox.waitForDeployment())
const address = await outbox.getAddress()
assert.equal(await outbox.l1ChainId(), constructorArguments[0])
assert.notEqual(await provider.getCode(address), '0x')
step(`deployed a contract at ${address} and called it`)

const receipt = await mined(await outbox.withdraw(receiver, 21_000n, '0x1234', { value: amount }))
assert.equal(receipt.type, 2)
const [event] = await outbox.queryFilter('MessageSent', receipt.blockNumber, receipt.blockNumber)
assert.equal(event.transactionHash, receipt.hash)
assert.equal(await new Contract(address, abi, socket).nextNonce(), 1n)
step('sent an EIP-1559 transaction and read its log')

const nonceSlot = `0x${'00'.repeat(32)}`
const listed = await mined(await wallet.sendTransaction({
  type: 1, to: address, data: outbox.interface.encodeFunctionData('nextNonce'),
  accessList: [{ address, storageKeys: [nonceSlot] }],
}))
assert.deepEqual([listed.status, listed.type], [1, 1])
step('sent an EIP-2930 transaction')

// The account that becomes a contract is a new one: its delegation needs no nonce of the sender.
const delegate = Wallet.createRandom(provider)
const authorization = await delegate.authorize({ address, chainId, nonce: 0 })
const delegated = await mined(await wallet.sendTransaction({
  type: 4, to: delegate.address, data: outbox.interface.encodeFunctionData('MAX_GAS'),
  authorizationList: [authorization],
}))
assert.deepEqual([delegated.status, delegated.type], [1, 4])
assert.equal(await provider.getCode(delegate.address), `0xef0100${address.slice(2).toLowerCase()}`)
step('sent an EIP-7702 transaction')

const safe = await provider.getBlock('safe')
const finalized = await provider.getBlock('finalized')
assert.ok(safe.number >= finalized.number)
step('asked for the safe and the finalized block')

await socket.destroy()
provider.destroy()
