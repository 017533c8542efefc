"""The lease protocol in memory: what a reader may keep, and what a write takes away."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pgrepo.runtime.caching.debts import Debts
from pgrepo.runtime.caching.leases import LEASE_SECONDS, NOTHING, Found, Slots


class Clock:
    """A clock that stands until it is told to go on."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """The time, s."""
        return self.now


def test_one_reader_hands_in() -> None:
    """The first reader has the lease, the second none, and both then find the answer."""
    slots = Slots(10, Clock())
    found = slots.look_up("user 1", "plain", 60)
    assert found.answer is None
    assert found.lease is not None
    assert slots.look_up("user 1", "plain", 60) == NOTHING
    assert slots.hand_in("user 1", "plain", found.lease, b"rows")
    assert slots.look_up("user 1", "plain", 60) == Found(b"rows")


def test_an_answer_older_than_a_write_is_dropped() -> None:
    """What was asked before a write and comes after it is not kept."""
    slots = Slots(10, Clock())
    lease = slots.look_up("user 1", "plain", 60).lease
    assert lease is not None
    slots.clear(["user 1"])
    assert not slots.hand_in("user 1", "plain", lease, b"old")
    again = slots.look_up("user 1", "plain", 60)
    assert again.lease not in {None, lease}


def test_a_lease_of_which_nothing_comes() -> None:
    """After a while another reader gets a lease, and the first one's answer is not kept."""
    clock = Clock()
    slots = Slots(10, clock)
    first = slots.look_up("user 1", "plain", 60).lease
    clock.now += LEASE_SECONDS
    second = slots.look_up("user 1", "plain", 60).lease
    assert first is not None
    assert second is not None
    assert not slots.hand_in("user 1", "plain", first, b"late")
    assert slots.hand_in("user 1", "plain", second, b"in time")


def test_a_slot_ends_with_its_time() -> None:
    """Answers that came later end with the first."""
    clock = Clock()
    slots = Slots(10, clock)
    for way in ("plain", "with limit"):
        lease = slots.look_up("user 1", way, 60).lease
        assert lease is not None
        assert slots.hand_in("user 1", way, lease, b"rows")
        clock.now += 40
    assert slots.look_up("user 1", "with limit", 60).answer is None
    assert len(slots) == 1


def test_room_is_bounded() -> None:
    """The slots that were not used for longest make room."""
    slots = Slots(2, Clock())
    for user in range(5):
        slots.look_up(f"user {user}", "plain", 60)
    assert len(slots) == 2


class Database(RuleBasedStateMachine):
    """Readers and writers in any order: nobody finds what is older than the last finished write."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.slots = Slots(2, self.clock)
        self.committed = [0, 0, 0]
        self.told = [0, 0, 0]
        self.reading: list[tuple[int, str, bytes]] = []

    entities = st.integers(0, 2)

    @rule(entity=entities)
    def read(self, entity: int) -> None:
        """A reader looks, and asks the database if nothing is there."""
        found = self.slots.look_up(str(entity), "plain", 60)
        if found.answer is not None:
            assert int(found.answer) >= self.told[entity]
        elif found.lease is not None:
            self.reading.append((entity, found.lease, str(self.committed[entity]).encode()))

    @rule(data=st.data())
    def hand_in(self, data: st.DataObject) -> None:
        """A reader comes back from the database, sooner or later than others."""
        if self.reading:
            at = data.draw(st.integers(0, len(self.reading) - 1))
            entity, lease, answer = self.reading.pop(at)
            self.slots.hand_in(str(entity), "plain", lease, answer)

    @rule(entity=entities)
    def commit(self, entity: int) -> None:
        """A writer commits, and has not cleared yet."""
        self.committed[entity] += 1

    @rule(entity=entities)
    def clear(self, entity: int) -> None:
        """A writer clears, and tells its caller."""
        told = self.committed[entity]
        self.slots.clear([str(entity)])
        self.told[entity] = told

    @rule(seconds=st.sampled_from([1.0, LEASE_SECONDS, 61.0]))
    def wait(self, seconds: float) -> None:
        """Time goes by."""
        self.clock.now += seconds

    @invariant()
    def has_room(self) -> None:
        """No more slots than there may be."""
        assert len(self.slots) <= 2


TestDatabase = Database.TestCase


def test_a_debt_made_again_stays() -> None:
    """A key that is added while it is being paid must be paid once more."""
    debts = Debts()
    debts.add(["a", "b"])
    due = debts.due()
    debts.add(["a"])
    debts.paid(due)
    assert list(debts.due()[0]) == ["a"]
    debts.paid(debts.due())
    assert debts.due() == ({}, None)


def test_too_many_debts_are_one() -> None:
    """Beyond a bound everything is owed, and stays owed when more is added meanwhile."""
    debts = Debts()
    debts.add(map(str, range(10_001)))
    due = debts.due()
    assert due[0] == {}
    assert due[1] is not None
    debts.paid(due)
    assert debts.due() == ({}, None)
