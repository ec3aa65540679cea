"""A thousand random conversations with the remote control: nothing is raised, nothing absurd is asked of the desk."""

import random

import pytest
from live_remote import Client, SessionModel, bundle, packet, started

from bridge.live.clock import ManualClock
from bridge.live.remote.table import address_table

ADDRESSES = [row.address.replace("/N", "/2").replace("#", "0") for row in address_table()]
ADDRESSES += [
    "/mixbridge/strip/by_name/Lead_Vox/pan",
    "/mixbridge/lock/by_name/Kick",
    "/mixbridge/strip/9/pan",
]
NUMBERS = [0.0, 1.0, 0.5, -0.0, 1e38, float("nan"), float("inf"), -float("inf")]
WORDS = ["A", "B", "norm", "none", "fader_db", "strip/2/pan", "bell", "", "x" * 300]


def argument(chance: random.Random) -> object:
    kind = chance.randrange(7)
    if kind < 2:
        return chance.uniform(-200.0, 200.0)
    values = (
        chance.choice(NUMBERS),
        chance.randrange(-(2**31), 2**31),
        chance.choice(WORDS),
        bytes(99),
        True,
    )
    return values[kind - 2]


def random_packet(chance: random.Random) -> bytes:
    """A message or a bundle; some with wrong bytes, some cut off."""
    args = [argument(chance) for _ in range(chance.choice([0, 1, 1, 1, 2, 3]))]
    content = packet(chance.choice(ADDRESSES), *args)
    if chance.random() < 0.2:
        content = bundle(content, packet(chance.choice(ADDRESSES), argument(chance)))
    if chance.random() < 0.3:
        wrong = bytearray(content)
        for _ in range(chance.randrange(1, 4)):
            wrong[chance.randrange(len(wrong))] = chance.randrange(256)
        content = bytes(wrong)
    return content[: chance.randrange(len(content) + 1)] if chance.random() < 0.1 else content


@pytest.mark.parametrize("block", range(10))
def test_a_hundred_conversations(block: int) -> None:
    for run in range(100):
        chance = random.Random(block * 100 + run)  # noqa: S311 - the same conversations each time
        model, clock = SessionModel(), ManualClock()
        client = Client(started(model, clock))
        try:
            for _ in range(chance.randrange(1, 25)):
                client.raw(random_packet(chance))
                if chance.random() < 0.3:
                    clock.sleep(chance.random())
                    client.server.serve()
                    client.heard()
                if chance.random() < 0.05:
                    model.lost = not model.lost
                if chance.random() < 0.05:
                    model.channels = chance.sample(model.channels, chance.randrange(len(model.channels) + 1))
            client.server.serve()
            for control, value in model.values.items():
                spec = control.meaning.spec
                assert spec is None or spec.low <= value <= spec.high
            assert all(0.0 <= amount <= 1.0 for amount in model.amounts.values())
            model.lost, model.panicked = False, 0
            before = model.log.count(("panic",))
            client.send("/mixbridge/panic", 1.0)
            client.server.serve(0.5)
            assert model.log.count(("panic",)) == before + 1
        finally:
            client.close()
