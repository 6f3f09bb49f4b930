"""What all vector makers use: fixed values, and how values are written as JSON."""

from formats import Bad, Config, keccak


def some_hash(name):
    """A hash for a name, so that no two fields of a case are equal by accident."""
    return keccak(b"vector " + name.encode())


def some_address(name):
    return some_hash(name)[:20]


def hexed(data):
    return "0x" + data.hex()


def hexes(many):
    return [hexed(one) for one in many]


def strings(many):
    return [str(one) for one in many]


def refused(action, *arguments):
    """Why the second implementation refuses this; it must."""
    try:
        action(*arguments)
    except Bad as why:
        return str(why)
    raise AssertionError(f"{action.__name__} accepts what a vector says it must refuse")


LIMITS = dict(
    blocks=5,
    anchors=3,
    blobs=4,
    decodedBytes=300,
    transactions=6,
    deposits=4,
    forced=5,
    forcedBytes=64,
    forcedGas=12_000_000,
)

CONFIG = Config(
    chainId=7357,
    l1ChainId=11155111,
    inbox=some_address("inbox"),
    genesisHash=some_hash("genesis"),
    gasLimit=30_000_000,
    feeRecipient=some_address("fee recipient"),
    limits=LIMITS,
    extraData=b"tern",
)


def limits_json(limits):
    return {**limits, "forcedGas": str(limits["forcedGas"])}


def config_json(config):
    return {
        "chainId": str(config.chainId),
        "l1ChainId": str(config.l1ChainId),
        "inbox": hexed(config.inbox),
        "genesisHash": hexed(config.genesisHash),
        "gasLimit": str(config.gasLimit),
        "feeRecipient": hexed(config.feeRecipient),
        **limits_json(config.limits),
        "extraData": hexed(config.extraData),
    }
