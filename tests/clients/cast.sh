#!/bin/sh
# cast against a rollup's node.
set -eu
cd "$(dirname "$0")/../.."
cast=$(tools/contracts path cast)
url=$TERN_HTTP
receiver=0x00000000000000000000000000000000000000c2

fail() {
    echo "cast: $1" >&2
    exit 1
}

[ "$("$cast" chain-id --rpc-url "$url")" = "$TERN_CHAIN_ID" ] || fail "another chain id"
[ "$("$cast" block-number --rpc-url "$url")" -gt 0 ] || fail "there is no block"
before=$("$cast" balance --rpc-url "$url" "$receiver")
for kind in "" --legacy; do
    # shellcheck disable=SC2086
    "$cast" send --rpc-url "$url" --private-key "$TERN_DEV_KEY" $kind --value 1gwei "$receiver" >/dev/null
done
after=$("$cast" balance --rpc-url "$url" "$receiver")
[ "$after" -eq $((before + 2000000000)) ] || fail "the receiver has $after, not two gwei more than $before"
"$cast" estimate --rpc-url "$url" --from "$("$cast" wallet address "$TERN_DEV_KEY")" "$receiver" --value 1 >/dev/null
echo "  sent, estimated and read with cast" >&2
