"""Vectors of spec/config.md."""

from dataclasses import replace

from format_common import CONFIG, config_json, hexed, refused


def with_limits(config=CONFIG, **limits):
    return replace(config, limits={**config.limits, **limits})


SMALLEST = with_limits(
    replace(CONFIG, chainId=1, l1ChainId=2, gasLimit=42_000, extraData=b""),
    **{name: 1 for name in CONFIG.limits},
)
SMALLEST = with_limits(SMALLEST, forcedGas=21_000)

LARGEST = replace(
    CONFIG,
    chainId=2**64 - 1,
    l1ChainId=2**64 - 2,
    inbox=b"\xff" * 20,
    genesisHash=b"\xff" * 32,
    gasLimit=2**63 - 1,
    feeRecipient=b"\xff" * 20,
    extraData=b"\xff" * 32,
    limits=dict(
        blocks=2**16 - 1,
        anchors=2**8 - 1,
        blobs=2**8 - 1,
        decodedBytes=2**32 - 1,
        transactions=2**32 - 1,
        deposits=2**16 - 1,
        forced=2**16 - 1,
        forcedBytes=2**32 - 1,
        forcedGas=2**62 - 1,
    ),
)

VALID = {
    "a small chain for tests": CONFIG,
    "every value as small as it may be": SMALLEST,
    "every value as large as it may be": LARGEST,
    "zero hash and addresses": replace(
        CONFIG, inbox=bytes(20), genesisHash=bytes(32), feeRecipient=bytes(20)
    ),
    "31 bytes of extra data": replace(CONFIG, extraData=b"x" * 31),
    "32 bytes of extra data": replace(CONFIG, extraData=b"x" * 32),
    "forced gas exactly half of an even gas limit": with_limits(forcedGas=15_000_000),
    "forced gas just below half": with_limits(forcedGas=14_999_999),
    "forced gas half of an odd gas limit, rounded down": with_limits(
        replace(CONFIG, gasLimit=30_000_001), forcedGas=15_000_000
    ),
    "forced gas at and just above its least": with_limits(forcedGas=21_001),
    "only one gas less": replace(CONFIG, gasLimit=29_999_999),
    "only another chain": replace(CONFIG, chainId=7358),
    "chain ids swapped": replace(CONFIG, chainId=CONFIG.l1ChainId, l1ChainId=CONFIG.chainId),
}

INVALID = {
    "both chains have one id": ("SameChain", replace(CONFIG, l1ChainId=CONFIG.chainId)),
    "gas limit 4,999": ("GasLimit", replace(SMALLEST, gasLimit=4_999)),
    "gas limit 0": ("GasLimit", replace(SMALLEST, gasLimit=0)),
    "gas limit 2^63": ("GasLimit", replace(CONFIG, gasLimit=2**63)),
    "gas limit 2^64 - 1": ("GasLimit", replace(CONFIG, gasLimit=2**64 - 1)),
    "gas limit too small for any forced gas": ("ForcedGas", replace(SMALLEST, gasLimit=41_999)),
    "gas limit 5,000 leaves no forced gas": ("ForcedGas", replace(SMALLEST, gasLimit=5_000)),
    "forced gas 20,999": ("ForcedGas", with_limits(forcedGas=20_999)),
    "forced gas 0": ("ForcedGas", with_limits(forcedGas=0)),
    "forced gas just above half": ("ForcedGas", with_limits(forcedGas=15_000_001)),
    "forced gas just above half of an odd gas limit": (
        "ForcedGas",
        with_limits(replace(CONFIG, gasLimit=30_000_001), forcedGas=15_000_001),
    ),
    "forced gas of which the double does not fit u64": (
        "ForcedGas",
        with_limits(forcedGas=2**63 + 10_000_000),
    ),
    "33 bytes of extra data": ("ExtraData", replace(CONFIG, extraData=b"x" * 33)),
    **{
        f"limits.{name} 0": ("Zero", with_limits(**{name: 0}))
        for name in CONFIG.limits
        if name != "forcedGas"
    },
}


def valid(name, config):
    config.check()
    return {
        "name": name,
        **config_json(config),
        "encoding": hexed(config.encode()),
        "hash": hexed(config.hash()),
    }


def invalid(name, kind, config):
    return {"name": name, **config_json(config), "kind": kind, "reason": refused(config.check)}


def cases():
    return {
        "valid": [valid(name, config) for name, config in VALID.items()],
        "invalid": [invalid(name, *case) for name, case in INVALID.items()],
    }
