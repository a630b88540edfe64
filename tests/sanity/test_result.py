"""What a sanity check found, in verdicts."""

from __future__ import annotations

from support.sanity_checks import even_check, sanity_of


def test_a_verdict_for_each_check() -> None:
    found = sanity_of(even_check(0.1, 0.1, 0.1), even_check(0.95, 0.1, 0.1))
    assert [verdict.outcome for verdict in found.verdicts] == ["passed", "failed"]
    assert found.verdicts is found.verdicts, "judged once"
