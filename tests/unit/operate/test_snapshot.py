"""What two snapshots differ in, and how that reads."""

from pgrepo.operate.migrate.snapshot import Difference, differences

FILES = {("table", "s.a"): "", ("column", "s.a.x"): "integer", ("function", "s.f()"): "a\nb\nc"}


def test_equal_snapshots_have_no_differences():
    """In whatever order they were read."""
    assert differences(FILES, dict(reversed(FILES.items()))) == []


def test_differences_come_by_kind_and_name():
    """What is missing on either side has no definition there."""
    database = {("table", "s.a"): "", ("column", "s.a.x"): "bigint", ("column", "s.a.w"): "text"}
    assert differences(FILES, database) == [
        Difference("column", "s.a.w", None, "text"),
        Difference("column", "s.a.x", "integer", "bigint"),
        Difference("function", "s.f()", "a\nb\nc", None),
    ]


def test_a_difference_reads_like_a_diff():
    """One line for what is missing, both sides for what differs, a diff for what is long."""
    assert Difference("table", "s.a", "", None).render() == "- table s.a: only in the files"
    assert Difference("column", "s.a.w", None, "text").render() == (
        "+ column s.a.w: only in the database (text)"
    )
    assert Difference("column", "s.a.x", "integer", "bigint").render() == (
        "~ column s.a.x:\n    in the files:    integer\n    in the database: bigint"
    )
    long = Difference("function", "s.f()", "a\nb\nc", "a\nB\nc").render()
    assert long.splitlines()[-4:] == ["     a", "    -b", "    +B", "     c"]
