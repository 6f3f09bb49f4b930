// viem against a rollup's node.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import {
  createPublicClient, createWalletClient, defineChain, encodeFunctionData, http as overHttp,
  parseEventLogs, webSocket,
} from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import {
  abi, amount, bytecode, chainId, constructorArguments, devKey, http, receiver, step, within, ws,
} from './common.mjs'

const { version } = JSON.parse(readFileSync(new URL('node_modules/viem/package.json', import.meta.url), 'utf8'))
const chain = defineChain({
  id: chainId, name: 'Tern', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  rpcUrls: { default: { http: [http], webSocket: [ws] } },
})
const account = privateKeyToAccount(devKey)
const client = createPublicClient({ chain, transport: overHttp(), pollingInterval: 250, cacheTime: 0 })
const socket = createPublicClient({ chain, transport: webSocket() })
const wallet = createWalletClient({ chain, account, transport: overHttp() })
const mined = (hash) => client.waitForTransactionReceipt({ hash, timeout: 60_000 })

step(`viem ${version}`)
assert.equal(await client.getChainId(), chainId)
assert.equal(await socket.getChainId(), chainId)
step('connected over HTTP and WebSocket')

const head = await within(30, 'block over WebSocket', new Promise((resolve, reject) => {
  const stop = socket.watchBlockNumber({
    onBlockNumber: (number) => { stop(); resolve(number) }, onError: reject,
  })
}))
assert.ok(head > 0n)
step(`heard of block ${head}`)

const fees = await client.estimateFeesPerGas()
assert.ok(fees.maxFeePerGas > 0n)
const history = await client.getFeeHistory({ blockCount: 4, rewardPercentiles: [25, 75] })
assert.ok(history.baseFeePerGas.length > 0)
step(`estimated fees: at most ${fees.maxFeePerGas} wei a unit of gas`)

const deployed = await mined(await wallet.deployContract({ abi, bytecode, args: constructorArguments }))
const address = deployed.contractAddress
assert.equal(await client.readContract({ address, abi, functionName: 'l1ChainId' }), constructorArguments[0])
step(`deployed a contract at ${address} and called it`)

const call = { address, abi, functionName: 'withdraw', args: [receiver, 21_000n, '0x1234'], value: amount }
const { request } = await client.simulateContract({ account, ...call })
const receipt = await mined(await wallet.writeContract(request))
assert.equal(receipt.type, 'eip1559')
const events = await client.getContractEvents({
  address, abi, eventName: 'MessageSent', fromBlock: receipt.blockNumber, toBlock: receipt.blockNumber,
})
assert.deepEqual(events.map((event) => event.transactionHash), [receipt.transactionHash])
assert.equal(parseEventLogs({ abi, logs: receipt.logs })[0].eventName, 'MessageSent')
step('sent an EIP-1559 transaction and read its log')

const data = encodeFunctionData({ abi, functionName: 'nextNonce' })
const listed = await mined(await wallet.sendTransaction({
  type: 'eip2930', to: address, data, accessList: [{ address, storageKeys: [`0x${'00'.repeat(32)}`] }],
}))
assert.deepEqual([listed.status, listed.type], ['success', 'eip2930'])
step('sent an EIP-2930 transaction')

const delegate = privateKeyToAccount(generatePrivateKey())
const authorization = await delegate.signAuthorization({ contractAddress: address, chainId, nonce: 0 })
const delegated = await mined(await wallet.sendTransaction({
  to: delegate.address, data, authorizationList: [authorization],
}))
assert.deepEqual([delegated.status, delegated.type], ['success', 'eip7702'])
assert.equal(await client.getCode({ address: delegate.address }), `0xef0100${address.slice(2).toLowerCase()}`)
step('sent an EIP-7702 transaction')

const safe = await client.getBlock({ blockTag: 'safe' })
const finalized = await client.getBlock({ blockTag: 'finalized' })
assert.ok(safe.number >= finalized.number)
step('asked for the safe and the finalized block')

// The socket would connect again and keep the process.
process.exit(0)
